import { describe, expect, it } from "vitest";
import { resolveRun } from "../../src/simulation/run-description.js";
import type { Frame, Watch } from "../../src/simulation/simulation.js";
import { checkWatch } from "../../src/simulation/watching/check-watch.js";
import { topicsOf } from "../../src/simulation/watching/topics.js";
import { errorOf, rejectionOf } from "../error-of.js";
import { running, scene } from "./running.js";

const tensor = ({ payload }: Frame): Float32Array => payload as Float32Array;
const ticksOf = (frames: readonly Frame[]): number[] => frames.map(({ tick }) => tick);

describe("a watch", () => {
  it("shows the units, the row and the ticks that it asks for", async () => {
    const { step, watch } = await running();
    const whole = await Promise.all([0, 1, 2].map((row) => watch({ topic: "state/m1", row })));
    const some = await watch({ topic: "state/m1", row: 2, units: { start: 3, end: 20, every: 5 }, every: 4 });
    const mean = await watch({ topic: "state/m1", row: "mean" });
    const unsaid = await watch({ topic: "state/m1" });
    await step(12);
    const [first, second, third] = whole.map(({ frames }) => frames().map(tensor));
    expect(first).toHaveLength(12);
    expect(first[5]).toHaveLength(32);
    expect(first[5]).not.toEqual(second[5]);
    expect(ticksOf(some.frames())).toEqual([0, 4, 8]);
    for (const frame of some.frames()) {
      const row = third[frame.tick];
      expect([...tensor(frame)]).toEqual([3, 8, 13, 18].map((unit) => row[unit]));
    }
    tensor(mean.frames()[5]).forEach((value, unit) => {
      expect(value).toBeCloseTo((first[5][unit] + second[5][unit] + third[5][unit]) / 3, 6);
    });
    expect(unsaid.frames().map(tensor)).toEqual(first);
  });

  it("of every kind has frames in the order of their ticks, and of the right size", async () => {
    const { step, watch, frames, simulation } = await running();
    const handles = new Map<number, (typeof simulation.topics)[number]>();
    for (const topic of simulation.topics) handles.set((await watch({ topic: topic.topic })).handle, topic);
    await step(40);
    const ticks = ticksOf(frames);
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    const seen = new Set(frames.map((frame) => handles.get(frame.watch)!.topic));
    expect([...seen].sort()).toEqual(simulation.topics.map(({ topic }) => topic).sort());
    for (const frame of frames) {
      const topic = handles.get(frame.watch)!;
      if (topic.payload === "tensor") expect(tensor(frame)).toHaveLength(topic.units!);
      else expect(frame.payload).not.toBeInstanceOf(Float32Array);
    }
  });

  it("of metrics tells each trial once, with loss and accuracy", async () => {
    const { step, watch } = await running();
    const metrics = await watch({ topic: "metrics/gabor" });
    await step(10 * 4 + 1);
    expect(metrics.frames().map(({ payload }) => payload)).toEqual(
      [0, 1, 2, 3].map((trial) => ({
        task: "gabor",
        trial,
        tick: 10 * trial + 6,
        count: 3,
        loss: expect.any(Number),
        accuracy: expect.any(Number),
      })),
    );
    for (const { payload } of metrics.frames()) {
      const { loss, accuracy } = payload as { loss: number; accuracy: number };
      expect(loss).toBeGreaterThan(0);
      expect([0, 1 / 3, 2 / 3, 1]).toContainEqual(expect.closeTo(accuracy, 6));
    }
  });

  it("of metrics says of a linear readout how far it is from the targets", async () => {
    const network = {
      inputs: { x: 1024 },
      modules: { m1: { neurons: 16 } },
      forward: [{ source: "x", target: "m1.RI" }],
      readouts: { out: { size: 2, sources: ["m1.SI"], nonlinearity: "linear" } },
      tasks: { gabor: { input: "x", readout: "out" } },
    };
    const { step, watch } = await running({ ...scene, network });
    const metrics = await watch({ topic: "metrics/gabor" });
    await step(41);
    expect(metrics.frames()).toHaveLength(4);
    for (const { payload } of metrics.frames()) expect(payload).toMatchObject({ loss: expect.any(Number) });
  });

  it("of the output shows probabilities, of events the phases and gates", async () => {
    const { step, watch, simulation } = await running();
    const output = await watch({ topic: "output/out", row: 1 });
    const events = await watch({ topic: "events" });
    await step(15);
    await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 0.5 });
    await step(1);
    for (const frame of output.frames()) {
      expect(tensor(frame)).toHaveLength(2);
      expect(tensor(frame)[0] + tensor(frame)[1]).toBeCloseTo(1, 6);
    }
    const told = events.frames().map(({ payload }) => payload);
    expect(told).toContainEqual({ kind: "gate", tick: 15, pathway: "m1->m2", gate: 0.5 });
    const phases = told.flatMap((event) =>
      "phase" in event ? [`${event.phase} ${event.trial} at ${event.tick}`] : [],
    );
    expect(phases).toEqual(["inference 0 at 0", "learning 0 at 6", "waiting 0 at 10", "inference 1 at 10"]);
  });

  it("ends when it is told to, and others go on", async () => {
    const { step, watch, simulation } = await running();
    const [first, second] = [await watch({ topic: "state/m1" }), await watch({ topic: "state/m1" })];
    await step(3);
    simulation.unwatch(first.handle);
    simulation.unwatch(99);
    await step(3);
    expect(ticksOf(first.frames())).toEqual([0, 1, 2]);
    expect(ticksOf(second.frames())).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("of a task's results goes on where numbers overflow, with null for the loss", async () => {
    const overflowing = { ...scene, network: { ...scene.network, activation: "linear", spectralRadius: 20 } };
    const { step, watch } = await running(overflowing);
    const metrics = await watch({ topic: "metrics/gabor" });
    await step(67);
    const results = metrics.frames().map(({ payload }) => payload);
    expect(results[0]).toMatchObject({ trial: 0, loss: expect.any(Number) });
    expect(results[6]).toMatchObject({ trial: 6, loss: null, accuracy: 0 });
  });

  it("does not change what happens", async () => {
    const lastOutput = async (watched: boolean) => {
      const { step, watch, simulation } = await running();
      if (watched) for (const { topic } of simulation.topics) await watch({ topic });
      await step(63);
      const output = await watch({ topic: "output/out" });
      await step(10);
      return tensor(output.frames().at(-1)!);
    };
    expect(await lastOutput(true)).toEqual(await lastOutput(false));
  });
});

describe("a watch is refused", () => {
  const noParameters = { recurrent: new Map(), biases: new Map(), learned: new Map() };
  const topics = topicsOf(resolveRun(scene).network, noParameters);
  const refused = (watch: Partial<Watch> & { topic: string }): string => {
    const error = errorOf(() => checkWatch(topics, 3, { every: 1, ...watch }));
    expect(error.code).toBe("INVALID_ARGUMENT");
    return error.message;
  };

  it("for a topic that is not there, saying which are", async () => {
    expect(refused({ topic: "state/m3" })).toMatch(
      /no topic "state\/m3"; there are state\/m1, drive\/m1, error\/m1, .*output\/out, metrics\/gabor, events/,
    );
    const { simulation } = await running();
    expect((await rejectionOf(simulation.watch({ topic: "x", every: 1 }))).code).toBe("INVALID_ARGUMENT");
  });

  it.each<[Partial<Watch>, RegExp]>([
    [{ every: 0 }, /state\/m1: every is 0, needed a whole number from 1/],
    [{ every: 1.5 }, /every is 1\.5/],
    [{ units: { start: 0, end: 33, every: 1 } }, /units is .*needed start < end <= 32/],
    [{ units: { start: 4, end: 4, every: 1 } }, /needed start < end/],
    [{ units: { start: -1, end: 4, every: 1 } }, /needed start < end/],
    [{ units: { start: 0, end: 4, every: 0 } }, /every n-th from 1/],
    [{ row: 3 }, /row is 3, needed "mean" or a row of the batch, 0 to 2/],
    [{ row: -1 }, /row is -1/],
  ])("for %j", (watch, text) => {
    expect(refused({ topic: "state/m1", ...watch })).toMatch(text);
  });

  it.each<[Partial<Watch>, RegExp]>([
    [{ hzMax: 0 }, /hzMax is 0, needed 0.001 to 100000 frames a second/],
    [{ hzMax: Number.NaN }, /hzMax is null/],
    [{ reduce: { kind: "components", count: 17 } }, /reduce.count is 17, needed 1 to 16 components/],
    [
      { reduce: { kind: "components", count: 3 }, units: { start: 0, end: 32, every: 16 } },
      /count is 3, needed 1 to 2/,
    ],
    [{ reduce: { kind: "histogram", bins: 0, range: [0, 1] } }, /reduce.bins is 0, needed 1 to 4096/],
    [
      { reduce: { kind: "histogram", bins: 2, range: [1, 1] } },
      /reduce.range is \[1,1\], needed two numbers/,
    ],
    [{ reduce: { kind: "bytes", range: [0, Number.POSITIVE_INFINITY] } }, /reduce.range is \[0,null\]/],
    [{ window: { ticks: 5 } }, /window is .*only lanes have one/],
    [{ topic: "residual/m1", row: 0 }, /residual\/m1: row is 0, needed none/],
    [{ topic: "residual/m1", units: { start: 0, end: 2, every: 1 } }, /needed start < end <= 1/],
    [{ topic: "weights/m1->m2", row: "mean" }, /row is "mean", needed none: it has no batch/],
    [
      { topic: "weights/m1->m2", reduce: { kind: "components", count: 1 } },
      /a histogram or bytes of weights/,
    ],
    [{ topic: "events", hzMax: 5 }, /hzMax is 5, needed none: each of these records is told/],
    [{ topic: "events", every: 2 }, /every is 2, needed 1 for a record/],
    [{ topic: "metrics/gabor", reduce: { kind: "bytes", range: [0, 1] } }, /needed none for a record/],
    [{ topic: "lanes", window: { ticks: 0 } }, /window.ticks is 0, needed 1 to 100000/],
    [{ topic: "lanes", window: { ticks: 1, end: -1 } }, /window.end is -1, needed a tick/],
  ])("for %j", (watch, text) => {
    expect(refused({ topic: "state/m1", ...watch })).toMatch(text);
  });

  it("for more weights at once than a frame should carry, with what to do instead", () => {
    const large = resolveRun({ ...scene, network: { ...scene.network, neurons: 512 } });
    const known = topicsOf(large.network, noParameters);
    const check = (watch: Partial<Watch>) =>
      checkWatch(known, 3, { topic: "weights/m1.W", every: 1, ...watch });
    expect(errorOf(() => check({})).message).toMatch(
      /units is "all 262144 values", needed a slice of at most 65536 values, or a histogram \(reduce\)/,
    );
    expect(errorOf(() => check({ units: { start: 0, end: 65_537, every: 1 } })).code).toBe(
      "INVALID_ARGUMENT",
    );
    check({ units: { start: 5, end: 65_541, every: 1 } });
    check({ units: { start: 0, end: 262_144, every: 4 } });
    check({ reduce: { kind: "histogram", bins: 10, range: [-1, 1] } });
  });

  it("for units or rows of a record", () => {
    expect(refused({ topic: "events", row: 0 })).toMatch(
      /events: units or row is 0, needed none for a record/,
    );
  });
});
