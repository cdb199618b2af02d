import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rate, type Turn } from "../../../src/simulation/watching/rate.js";
import { seeded } from "../../arbitraries/seeded.js";
import { manualTimer } from "./manual-timer.js";

const never = () => expect.unreachable();

describe("a rate", () => {
  it("of every n-th tick takes aligned ticks, and after a pause of its topic the next one that comes", () => {
    const rate = new Rate({ every: 4 }, manualTimer().timer, never);
    const turns = [5, 6, 7, 8, 9, 12, 17, 18, 20].map((tick) => rate.turn(tick));
    expect(turns).toEqual(["now", "skip", "skip", "now", "skip", "now", "now", "skip", "now"]);
  });

  it("of those who have seen how it stood takes aligned ticks alone, and the next of a topic that paused", () => {
    const rate = new Rate({ every: 5 }, manualTimer().timer, never);
    const nowOf = (ticks: readonly number[]) => ticks.filter((tick) => rate.turn(tick) === "now");
    rate.begin(203_233);
    expect(nowOf([203_233, 203_234, 203_235, 203_236, 203_240, 203_247])).toEqual([
      203_235, 203_240, 203_247,
    ]);
    rate.begin(0);
    expect(nowOf([0, 1, 4, 5])).toEqual([0, 5]);
    rate.begin(10);
    expect(nowOf([10, 11, 15])).toEqual([10, 15]);
  });

  it("gives the same answer however often it is asked of one tick, and begins anew when ticks go back", () => {
    const rate = new Rate({ every: 10 }, manualTimer().timer, never);
    expect([rate.turn(10), rate.turn(10), rate.turn(11), rate.turn(11)]).toEqual([
      "now",
      "now",
      "skip",
      "skip",
    ]);
    expect(rate.turn(3)).toBe("now");
  });

  it("never lets more frames go than its limit, those that come late included, nor many fewer", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 20, maxLength: 200 }),
        (hzMax, gaps) => {
          const { timer, pass } = manualTimer();
          const frames: number[] = [];
          const rate = new Rate({ every: 1, hzMax }, timer, () => frames.push(timer.now()));
          for (const [tick, gap] of gaps.entries()) {
            pass(gap);
            if (rate.turn(tick) === "now") frames.push(timer.now());
          }
          const periodMs = 1000 / hzMax;
          for (const [i, start] of frames.entries()) {
            for (const [j, end] of frames.entries()) {
              if (j > i) expect(j - i).toBeLessThanOrEqual((end - start) / periodMs + 1 + 1e-9);
            }
          }
          const longestGapMs = Math.max(...gaps);
          const spanMs = timer.now() - gaps[0];
          expect(frames.length).toBeGreaterThanOrEqual(Math.floor(spanMs / (periodMs + longestGapMs)));
        },
      ),
      seeded(100),
    );
  });

  it("keeps its pace where ticks do not fit into it: 60 a second of ticks each 10 ms", () => {
    const { timer, pass } = manualTimer();
    const rate = new Rate({ every: 1, hzMax: 60 }, timer, () => {});
    let frames = 0;
    for (let tick = 0; tick < 1000; tick++) {
      if (rate.turn(tick) === "now") frames += 1;
      pass(10);
    }
    expect(frames).toBeGreaterThanOrEqual(599);
    expect(frames).toBeLessThanOrEqual(601);
  });

  it("after ticks that came too early, and nothing more, tells so once", () => {
    const { timer, pass, waiting } = manualTimer();
    let late = 0;
    const rate = new Rate({ every: 1, hzMax: 10 }, timer, () => {
      late += 1;
    });
    expect([0, 1, 2].map((tick): Turn => rate.turn(tick))).toEqual(["now", "early", "early"]);
    pass(1000);
    expect([late, waiting()]).toEqual([1, 0]);
    expect(rate.turn(3)).toBe("now");
    expect(rate.turn(4)).toBe("early");
    pass(110);
    expect(rate.turn(5)).toBe("now");
    pass(1000);
    expect(late).toBe(1);
  });

  it("takes its work back from the timer when it is closed", () => {
    const { timer, waiting } = manualTimer();
    const rate = new Rate({ every: 1, hzMax: 10 }, timer, never);
    rate.turn(0);
    rate.turn(1);
    expect(waiting()).toBe(1);
    rate.close();
    expect(waiting()).toBe(0);
  });
});
