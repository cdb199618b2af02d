import { describe, expect, it } from "vitest";
import { denseWeights } from "../../../src/kernels/sparse-weights.js";
import type { Part, PublishedRecord } from "../../../src/simulation/part.js";
import type { Frame } from "../../../src/simulation/simulation.js";
import { histogram, quantised, samplesNeeded } from "../../../src/simulation/watching/reduction.js";
import { watched } from "./engine.js";

const valuesOf = ({ payload }: Frame): Float32Array => payload as Float32Array;
const ticksOf = (frames: readonly Frame[]): number[] => frames.map(({ tick }) => tick);

describe("whoever begins to watch", () => {
  it("gets what there is now, while the simulation is paused, and then every tick once", async () => {
    const { step, watch, pass } = await watched();
    const early = watch({ topic: "state/m2" });
    const error = watch({ topic: "error/m1" });
    await pass(0);
    // before the first tick there is nothing
    expect(early()).toEqual([]);
    await step(8);
    expect(ticksOf(error())).toEqual([6, 7]);
    const late = watch({ topic: "state/m2" });
    const some = watch({ topic: "state/m2", every: 5 });
    const lateError = watch({ topic: "error/m1" });
    await pass(0);
    expect(ticksOf(late())).toEqual([7]);
    expect(late()[0].payload).toEqual(early()[7].payload);
    expect(lateError()[0].payload).toEqual(error()[1].payload);
    await step(8);
    expect(ticksOf(late())).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15]);
    // aligned after what there was
    expect(ticksOf(some())).toEqual([7, 10, 15]);
    const gone = watch({ topic: "error/m1" });
    await pass(0);
    // between two learning phases there is no error
    expect(gone()).toEqual([]);
  });

  it("gets the record that a part has open, and the part is told how many watch", async () => {
    const topic = "world/gabor";
    let open: PublishedRecord | null = null;
    const told: number[] = [];
    const world: Part = {
      topics: [{ topic, payload: "record" }],
      present: () => open,
      watched: (_topic, watchers) => void told.push(watchers),
    };
    const { engine, watch, watches, pass } = await watched([world]);
    const first = watch({ topic });
    await pass(0);
    expect(first()).toEqual([]);
    open = { topic, tick: 3, payload: { kind: "request", output: new Uint8Array([1, 2]) } };
    engine.publish(open);
    const second = watch({ topic });
    await pass(0);
    expect(first()).toEqual([{ watch: 1, tick: 3, payload: open.payload }]);
    expect(second()).toEqual([{ watch: 2, tick: 3, payload: open.payload }]);
    watches.remove(1);
    watches.remove(2);
    expect(told).toEqual([1, 2, 1, 0]);
  });
});

describe("a limit of frames a second", () => {
  it("is kept, reads back nothing more, shows modules at the same ticks, and the last tick after a pause", async () => {
    const { step, watch, pass, reads } = await watched();
    const topics = ["state/m1", "state/m2", "drive/m1", "residual/m2"];
    const seen = topics.map((topic) => watch({ topic, hzMax: 20 }));
    await step(103, 10);
    const ticks = ticksOf(seen[0]());
    expect(ticks.length).toBeGreaterThanOrEqual(20);
    expect(ticks.length).toBeLessThanOrEqual(21);
    for (const frames of seen) expect(ticksOf(frames())).toEqual(ticks);
    expect(reads()).toBe(4 * ticks.length);
    await pass(1000);
    for (const frames of seen) expect(ticksOf(frames())).toEqual([...ticks, 102]);
    await pass(1000);
    expect(reads()).toBe(4 * (ticks.length + 1));
  });
});

describe("a reduction", () => {
  const units = { start: 3, end: 30, every: 2 };

  it("is made of the values that the watch would show without it", async () => {
    const { step, watch } = await watched();
    const chosen = { topic: "state/m2", units, row: "mean" } as const;
    const raw = watch(chosen);
    const range = [-0.5, 0.5] as const;
    const bytes = watch({ ...chosen, reduce: { kind: "bytes", range } });
    const counts = watch({ ...chosen, reduce: { kind: "histogram", bins: 7, range } });
    const two = watch({ ...chosen, reduce: { kind: "components", count: 2 } });
    await step(samplesNeeded + 30);
    expect(bytes().map(({ payload }) => payload)).toEqual(
      raw().map((frame) => quantised(valuesOf(frame), range)),
    );
    expect(counts().map(({ payload }) => payload)).toEqual(
      raw().map((frame) => histogram(valuesOf(frame), 7, range)),
    );
    expect(ticksOf(two())).toEqual(ticksOf(raw()).slice(samplesNeeded - 1));
    for (const frame of two()) expect(valuesOf(frame)).toHaveLength(2);
  });

  it("to components sees every tick until it has found them, whatever the limit of frames", async () => {
    const { step, watch, reads } = await watched();
    const two = watch({ topic: "state/m2", hzMax: 1, reduce: { kind: "components", count: 2 } });
    await step(samplesNeeded, 1);
    expect(two()).toHaveLength(1);
    const before = reads();
    await step(1000, 1);
    expect(reads() - before).toBe(1);
    expect(two()).toHaveLength(2);
  });
});

describe("weights", () => {
  it.each(["reference", "wasm"])(
    "are shown when a watch begins and after each update, in any slice, on %s",
    async (backend) => {
      const { step, watch, pass, engine, kernels } = await watched([], undefined, backend);
      const whole = watch({ topic: "weights/m1->m2" });
      const inRow = watch({ topic: "weights/m1->m2", units: { start: 18, end: 23, every: 2 } });
      const across = watch({ topic: "weights/m1->m2", units: { start: 5, end: 40, every: 3 } });
      const counts = watch({
        topic: "weights/x->m1",
        reduce: { kind: "histogram", bins: 3, range: [-1, 1] },
      });
      await pass(0);
      expect(ticksOf(whole())).toEqual([0]);
      await step(31);
      for (const frames of [whole(), inRow(), across(), counts()]) {
        expect(ticksOf(frames)).toEqual([0, 10, 20, 30]);
      }
      const { weights } = engine.net.state.parameters.learned.get("m1->m2")!;
      expect(valuesOf(whole()[3])).toEqual(await kernels.read(weights));
      expect(valuesOf(whole()[3])).not.toEqual(valuesOf(whole()[2]));
      for (const [i, frame] of whole().entries()) {
        const values = valuesOf(frame);
        expect([...valuesOf(inRow()[i])]).toEqual([18, 20, 22].map((at) => values[at]));
        expect([...valuesOf(across()[i])]).toEqual(
          [...values].filter((_, at) => at >= 5 && at < 40 && at % 3 === 2),
        );
        expect(valuesOf(counts()[i]).reduce((sum, count) => sum + count, 0)).toBe(1024 * 8);
      }
    },
  );

  it.each(["reference", "wasm"])(
    "of a module are those of the whole matrix, of which a histogram counts connections alone, on %s",
    async (backend) => {
      const { watch, pass, engine, kernels } = await watched([], undefined, backend);
      const { matrix } = engine.net.state.parameters.recurrent.get("m2")!;
      const sparse = await kernels.weights(matrix);
      const dense = denseWeights(sparse);
      const whole = watch({ topic: "weights/m2.W" });
      const units = { start: 37, end: 700, every: 4 };
      const some = watch({ topic: "weights/m2.W", units });
      const counts = watch({ topic: "weights/m2.W", reduce: { kind: "histogram", bins: 2, range: [-1, 1] } });
      await pass(0);
      expect(valuesOf(whole()[0])).toEqual(dense);
      expect([...valuesOf(some()[0])]).toEqual(
        [...dense].filter((_, at) => at >= 37 && at < 700 && at % 4 === 1),
      );
      expect(valuesOf(counts()[0])[0] + valuesOf(counts()[0])[1]).toBe(sparse.values.length);
    },
  );
});

describe("the residual", () => {
  it("is the mean change of a module's units in a tick", async () => {
    const { step, watch } = await watched();
    const residual = watch({ topic: "residual/m2" });
    const rows = [0, 1, 2].map((row) => watch({ topic: "state/m2", row }));
    await step(12);
    expect(ticksOf(residual())).toEqual(Array.from({ length: 12 }, (_, tick) => tick));
    for (let tick = 1; tick < 12; tick++) {
      let sum = 0;
      for (const frames of rows) {
        const [before, now] = [valuesOf(frames()[tick - 1]), valuesOf(frames()[tick])];
        for (const [unit, value] of now.entries()) sum += Math.abs(value - before[unit]);
      }
      expect(valuesOf(residual()[tick])[0]).toBeCloseTo(sum / 96, 6);
    }
    expect(valuesOf(residual()[5])[0]).toBeLessThan(valuesOf(residual()[3])[0]);
  });
});

describe("events", () => {
  it("tell of updates, errors, interventions and what parts have to say, all of it short and fit for JSON", async () => {
    const { step, watch, engine, pass } = await watched();
    const events = watch({ topic: "events" });
    await step(11);
    await engine.intervene({ kind: "gate", pathway: "m1->m2", gate: 0.5 }, "guard");
    const long = Array.from({ length: 5000 }, (_, unit) => unit);
    engine.tell({ kind: "odd", tick: 11, text: "x".repeat(5000), units: long, value: Number.NaN });
    await pass(0);
    const told = events().map(({ payload }) => payload);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
    expect(told).toContainEqual({ kind: "outputError", tick: 6, readout: "out" });
    expect(told).toContainEqual({ kind: "update", tick: 10, weights: "m1->m2" });
    expect(told).toContainEqual({ kind: "gate", tick: 11, pathway: "m1->m2", gate: 0.5 });
    expect(told).toContainEqual({
      kind: "intervention",
      tick: 11,
      what: "gate",
      by: "guard",
      seq: 0,
      pathway: "m1->m2",
      gate: 0.5,
    });
    expect(told.at(-1)).toEqual({
      kind: "odd",
      tick: 11,
      text: "x".repeat(1000),
      units: long.slice(0, 256),
      value: null,
    });
  });
});

describe("an intervention that changes numbers without a tick", () => {
  it("is seen at once by whoever watches them", async () => {
    const { step, watch, engine, pass } = await watched();
    await step(5);
    const weights = watch({ topic: "weights/m1.W" });
    const state = watch({ topic: "state/m1" });
    await pass(0);
    await engine.intervene({ kind: "lesion", module: "m1", units: [3] }, "client");
    await pass(0);
    expect(ticksOf(weights())).toEqual([5, 5]);
    const [before, after] = weights().map(valuesOf);
    expect(before.slice(3 * 32, 4 * 32).some((value) => value !== 0)).toBe(true);
    expect(after.slice(3 * 32, 4 * 32).every((value) => value === 0)).toBe(true);
    expect(after.every((value, at) => at % 32 !== 3 || value === 0)).toBe(true);
    expect(valuesOf(state()[1])[3]).toBe(0);
  });

  it("begins a new epoch of states, residuals and lanes, if it is a reset", async () => {
    const { step, watch, engine, pass, keeper, kernels } = await watched();
    await step(15);
    const state = watch({ topic: "state/m1" });
    const residual = watch({ topic: "residual/m1" });
    await step(2);
    const live = kernels.live();
    await engine.intervene({ kind: "reset", what: "state", seed: null }, "client");
    await pass(0);
    const rest = state().at(-1) as Frame;
    expect(valuesOf(rest).every((value) => value === 0)).toBe(true);
    await step(3);
    // a change from the epoch before is none
    expect(ticksOf(residual())).toEqual([15, 16, 18, 19]);
    expect(keeper.window({ ticks: 100 }).from).toBe(17);
    // where its trial was before
    await step(14);
    expect(kernels.live()).toBe(live);
  });
});
