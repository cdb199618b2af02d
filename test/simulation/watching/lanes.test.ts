import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../../src/simulation/simulation.js";
import { LaneMemory, type Lanes, type Mark } from "../../../src/simulation/watching/lane-memory.js";
import { seeded } from "../../arbitraries/seeded.js";
import { watched } from "./engine.js";

const laneOf = ({ lanes }: Lanes, kind: string, lane: string) =>
  lanes.find((candidate) => candidate.kind === kind && candidate.lane === lane)?.marks ?? [];

const marks = fc
  .array(
    fc.record({
      kind: fc.constantFrom("input", "phase", "error", "gate", "update", "intervention"),
      lane: fc.constantFrom("a", "b"),
      gap: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 60 },
  )
  .map((given) => {
    let tick = 5;
    return given.map(({ kind, lane, gap }, value): Mark => {
      tick += gap;
      return { kind: kind as Mark["kind"], lane, tick, value };
    });
  });

describe("the memory of lanes", () => {
  it("shows of any window what a plain filter over all marks shows, as far back as it reaches", () => {
    const window = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(marks, fc.integer({ min: 1, max: 80 }), window, (all, capacity, [from, length]) => {
        const memory = new LaneMemory(capacity);
        memory.begin(5, []);
        for (const mark of all) memory.push(mark);
        const to = from + length;
        const shown = memory.window(from, to);
        const lost = all.length > capacity ? all[all.length - capacity - 1].tick + 1 : 5;
        expect(shown.from).toBe(Math.max(from, lost));
        for (const kind of ["input", "phase", "error", "gate", "update", "intervention"]) {
          for (const lane of ["a", "b"]) {
            const own = all.filter((mark) => mark.kind === kind && mark.lane === lane);
            const within = own.filter(({ tick }) => tick >= shown.from && tick <= to);
            const before = own.filter(({ tick }) => tick < shown.from).at(-1);
            const isState = kind === "phase" || kind === "gate";
            const first =
              isState && before && shown.from <= to && within[0]?.tick !== shown.from
                ? [[shown.from, before.value]]
                : [];
            expect(laneOf(shown, kind, lane)).toEqual([
              ...first,
              ...within.map(({ tick, value }) => [tick, value]),
            ]);
          }
        }
      }),
      seeded(200),
    );
  });
});

describe("lanes of a run", () => {
  it("agree with its events, in any window", async () => {
    const { engine, keeper, events, step } = await watched();
    await step(37);
    await engine.intervene({ kind: "gate", pathway: "m1->m2", gate: 0.25 }, "client");
    await step(40);
    await engine.intervene({ kind: "beta", value: 2 }, "guard");
    await step(20);
    const phases = events.flatMap((event) => (event.kind === "phase" ? [event] : []));
    const updates = events.flatMap((event) => (event.kind === "update" ? [event] : []));
    const perturbed = events
      .flatMap((event) => (event.kind === "error" && event.module === "m1" ? [event.tick] : []))
      .filter((tick, i, ticks) => tick !== ticks[i - 1] + 1);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 97 }), fc.integer({ min: 1, max: 97 }), (end, ticks) => {
        const lanes = keeper.window({ ticks, end });
        const from = Math.max(0, end - ticks + 1);
        const inside = ({ tick }: { readonly tick: number }) => tick >= from && tick <= end;
        expect([lanes.from, lanes.to]).toEqual([from, end]);
        const trials = phases.filter(({ phase }) => phase === "inference").filter(inside);
        expect(laneOf(lanes, "input", "gabor")).toEqual(trials.map(({ tick, trial }) => [tick, trial]));
        const entered = phases.filter(({ phase }) => phase === "learning").filter(inside);
        expect(laneOf(lanes, "error", "out")).toEqual(entered.map(({ tick, trial }) => [tick, trial]));
        expect(laneOf(lanes, "error", "m1")).toEqual(
          perturbed.filter((tick) => inside({ tick })).map((tick) => [tick, "perturbed"]),
        );
        for (const weights of ["x->m1", "m1->m2", "m2->out"]) {
          expect(laneOf(lanes, "update", weights)).toEqual(
            updates
              .filter((event) => event.weights === weights && inside(event))
              .map(({ tick }) => [tick, 1]),
          );
        }
        const held = phases.filter(({ tick }) => tick < from).at(-1)?.phase ?? "waiting";
        const [first] = laneOf(lanes, "phase", "gabor");
        expect(first).toEqual([from, phases.find(({ tick }) => tick === from)?.phase ?? held]);
        expect(laneOf(lanes, "gate", "m1->m2")[0]).toEqual([from, from < 37 ? 1 : 0.25]);
      }),
      seeded(60),
    );
    expect(laneOf(keeper.window({ ticks: 200 }), "intervention", "interventions")).toEqual([
      [37, "gate m1->m2 0.25 (client)"],
      [77, "beta 2 (guard)"],
    ]);
  });

  it("of more than it can remember say from where on they are whole, and what held there", async () => {
    const { keeper, step } = await watched([], 20);
    await step(400);
    const { from, to, lanes } = keeper.window({ ticks: 1000 });
    expect(to).toBe(400);
    expect(from).toBeGreaterThan(300);
    expect(lanes.reduce((count, { marks: own }) => count + own.length, 0)).toBeLessThanOrEqual(20 + 6);
    expect(laneOf({ from, to, lanes }, "gate", "m1->m2")).toEqual([[from, 1]]);
    const gone = keeper.window({ ticks: 10, end: 50 });
    expect(gone.lanes).toEqual([]);
    expect(gone.from).toBeGreaterThan(gone.to);
  });
});

const lastOf = (frames: readonly Frame[]): Lanes =>
  frames.map(({ payload }) => payload as unknown as Lanes)[frames.length - 1];

describe("a watch of lanes", () => {
  it("shows the window that goes with time, at most so many times a second, and how it stands when it pauses", async () => {
    const { watch, step, pass } = await watched();
    const fast = watch({ topic: "lanes", window: { ticks: 30 } });
    const slow = watch({ topic: "lanes", window: { ticks: 30 }, hzMax: 2 });
    await step(100, 10);
    expect(fast().length).toBeGreaterThanOrEqual(10);
    expect(fast().length).toBeLessThanOrEqual(11);
    // the one that it begins with, and two a second
    expect(slow()).toHaveLength(3);
    await pass(1000);
    for (const frames of [fast(), slow()]) {
      const { from, to, lanes } = lastOf(frames);
      expect([from, to]).toEqual([71, 100]);
      // the next stimulus enters with the next tick
      expect(lanes.find(({ kind }) => kind === "input")?.marks).toEqual([
        [80, 8],
        [90, 9],
      ]);
    }
    const before = fast().length;
    await pass(1000);
    expect(fast()).toHaveLength(before);
  });

  it("shows what was done while it is paused", async () => {
    const { watch, step, pass, engine } = await watched();
    await step(5);
    const frames = watch({ topic: "lanes" });
    await pass(1);
    await engine.intervene({ kind: "gate", pathway: "m1->m2", gate: 0.5 }, "client");
    await pass(1000);
    const shown = frames().map(({ payload }) => payload as unknown as Lanes);
    expect(laneOf(shown[0], "gate", "m1->m2")).toEqual([[0, 1]]);
    expect(laneOf(lastOf(frames()), "gate", "m1->m2")).toEqual([
      [0, 1],
      [5, 0.5],
    ]);
  });

  it("with an end is shown once, when that tick is over", async () => {
    const { watch, step, keeper } = await watched();
    const ahead = watch({ topic: "lanes", window: { ticks: 10, end: 20 } });
    await step(20, 100);
    expect(ahead()).toEqual([]);
    await step(30, 100);
    expect(ahead().map(({ tick }) => tick)).toEqual([21]);
    const past = watch({ topic: "lanes", window: { ticks: 10, end: 20 } });
    await step(30, 100);
    expect(past()).toHaveLength(1);
    expect(past()[0].payload).toEqual(keeper.window({ ticks: 10, end: 20 }));
    expect(past()[0].payload).toEqual(ahead()[0].payload);
  });
});
