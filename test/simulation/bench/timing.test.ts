import { describe, expect, it } from "vitest";
import { fullEffort, timed, timing } from "../../../src/simulation/bench/timing.js";

/** Work that counts its calls and takes no time. */
function counted() {
  let calls = 0;
  const work = async () => {
    calls += 1;
  };
  return { work, calls: () => calls };
}

describe("timing", () => {
  it("is least and middle of the times, and their number", () => {
    expect(timing([3, 1, 2])).toEqual({ min_ms: 1, median_ms: 2, runs: 3 });
    expect(timing([4, 1, 3, 2])).toEqual({ min_ms: 1, median_ms: 3, runs: 4 });
    expect(timing([0.123456])).toEqual({ min_ms: 0.1235, median_ms: 0.1235, runs: 1 });
  });
});

describe("repeating work", () => {
  it("warms up three times and counts five runs at least, as the baselines do", async () => {
    const { work, calls } = counted();
    const { runs } = await timed(work, fullEffort(0));
    expect(runs).toBe(5);
    expect(calls()).toBe(8);
  });

  it("goes on while its time lasts", async () => {
    const { work } = counted();
    const { runs } = await timed(work, { ...fullEffort(0.05), warmUps: 0 });
    expect(runs).toBeGreaterThan(5);
  });

  it("counts the warm-up when there is no time left", async () => {
    const { work, calls } = counted();
    expect(await timed(work, { ...fullEffort(1), deadlineMs: performance.now() - 1 })).toMatchObject({
      runs: 1,
    });
    expect(calls()).toBe(1);
  });

  it("measures once, at least, without a warm-up", async () => {
    const { work, calls } = counted();
    await timed(work, { ...fullEffort(1), warmUps: 0, deadlineMs: performance.now() - 1 });
    expect(calls()).toBe(1);
  });

  it("gives the time of one of several units", async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    const effort = { ...fullEffort(0), warmUps: 0, runs: 1 };
    expect((await timed(wait, effort, 1000)).min_ms).toBeLessThan((await timed(wait, effort)).min_ms);
  });

  it("fails as its work fails", async () => {
    await expect(timed(() => Promise.reject(new Error("no")), fullEffort(0))).rejects.toThrow("no");
  });
});
