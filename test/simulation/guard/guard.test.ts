import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import type { AppliedIntervention } from "../../../src/simulation/command.js";
import { guard } from "../../../src/simulation/guard/guard.js";
import { put } from "../../../src/streams/network-state.js";
import { acting } from "../acting.js";
import { expectSame, neurons, runOf, type Steered, steer } from "../interventions/steered.js";
import { scene } from "../running.js";

/** A small network of two tasks with its guard, and the interventions that took place. */
function guarded(kernels: Kernels, run = runOf({ activation: "relu", optimiser: "sgd" })) {
  const steered = steer(kernels, run);
  const applied: AppliedIntervention[] = [];
  steered.engine.attach(guard(steered.engine));
  steered.engine.attach({ applied: (intervention) => void applied.push(intervention) });
  const told = (kind: string) => steered.events.filter((event) => event.kind === kind);
  return { ...steered, run, applied, told };
}

const blowUp = {
  kind: "drive",
  module: "m1",
  block: null,
  values: new Float32Array(neurons).fill(3e38),
  ticks: 1000,
} as const;

const trials = ({ engine }: Pick<Steered, "engine">) =>
  Object.fromEntries([...engine.net.state.tasks].map(([name, { trial }]) => [name, trial]));

async function expectFinite({ snapshot }: Pick<Steered, "snapshot">): Promise<void> {
  const { tensors } = await snapshot();
  for (const [name, { data }] of tensors) expect([name, data.every(Number.isFinite)]).toEqual([name, true]);
}

describe("the guard, when numbers overflow in a module", () => {
  it.each(["reference", "simd", "wasm"])(
    "says where, shuts what carries them and brings the rest to rest; all goes on, on %s",
    async (backend) => {
      const kernels = await openKernels(backend);
      const steered = guarded(kernels);
      const { ticks, apply, told, engine, applied } = steered;
      await ticks(22);
      expect(applied).toEqual([]);
      const before = trials(steered);
      await apply(blowUp);
      await ticks(60);
      const [first] = told("notFinite");
      expect(first).toEqual({
        kind: "notFinite",
        tick: expect.any(Number),
        where: expect.stringMatching(/state of .*\bm1\b/),
        action: expect.stringMatching(/^gates shut: .*; brought to rest: .*\bm1\b/),
        gates: expect.arrayContaining(["m1->m2"]),
      });
      const leaving = [...engine.run.network.pathways.values()].filter(({ source }) => source.name === "m1");
      for (const { id } of leaving) expect(engine.net.state.gates.get(id)).toBe(0);
      expect(new Set(applied.slice(1).map(({ by }) => by))).toEqual(new Set(["guard"]));
      // the injection is over, too; what it had made huge, but finite, may overflow later
      expect(engine.net.state.injections.size).toBe(0);
      const times = told("notFinite").length;
      await ticks(110);
      expect(told("notFinite")).toHaveLength(times);
      for (const [task, trial] of Object.entries(trials(steered)))
        expect(trial).toBeGreaterThan(before[task] + 3);
      await expectFinite(steered);
      expect(told("finite").length).toBeGreaterThan(0);
      await engine.close();
      expect(kernels.live()).toBe(0);
      kernels.close();
    },
  );

  it("acts by interventions, so that a replay without a guard is the same to the bit", async () => {
    const kernels = await openKernels("reference");
    const live = guarded(kernels);
    await live.ticks(22);
    await live.apply(blowUp);
    await live.ticks(30);
    await live.apply({ kind: "gate", pathway: "m1->m2", gate: 1 }, blowUp);
    await live.ticks(57);
    const end = live.engine.net.state.tick;
    expect(live.applied.filter(({ by }) => by === "guard").length).toBeGreaterThan(3);
    const replayed = steer(kernels, live.run);
    for (const { tick, command } of live.applied) {
      await replayed.ticks(tick - replayed.engine.net.state.tick);
      await replayed.apply(command);
    }
    await replayed.ticks(end - replayed.engine.net.state.tick);
    expectSame(await replayed.snapshot(), await live.snapshot());
    await live.engine.close();
    await replayed.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("shuts what enters it, too, when it happens again, and then holds its peace", async () => {
    const linear = { ...scene, network: { ...scene.network, activation: "linear", spectralRadius: 20 } };
    const { step, told, simulation, payloads } = await acting(linear);
    const metrics = await payloads("metrics/gabor");
    await step(400);
    const where = told("notFinite").map((event) => event.where);
    expect(where.length).toBeGreaterThan(1);
    expect(where.length).toBeLessThan(6);
    expect(simulation.status().gates["x->m1"]).toBe(0);
    expect(simulation.status().tick).toBe(400);
    // trials go on, and say what they can
    expect(metrics()).toHaveLength(40);
    expect(metrics()[39]).toMatchObject({ trial: 39, loss: expect.any(Number) });
  });
});

describe("the guard, when weights overflow", () => {
  it("shuts the pathways that have them, where a huge learning rate made them so", async () => {
    const wild = {
      ...scene,
      network: { ...scene.network, activation: "linear" },
      optimiser: { kind: "sgd", learningRate: 1000 },
    };
    const { step, told, simulation, payloads } = await acting(wild);
    const metrics = await payloads("metrics/gabor");
    await step(300);
    const [first] = told("notFinite");
    expect(first.where).toMatch(/^weights .*m1->m2/);
    expect(first.action).toMatch(/^gates shut: .*m1->m2/);
    expect(simulation.status().gates).toMatchObject({ "m1->m2": 0 });
    const losses = metrics().map((record) => (record as { loss: number | null }).loss);
    expect(losses).toContain(null);
    expect(losses.at(-1)).toBeCloseTo(Math.log(2), 5);
  });

  it.each<[string, (steered: Steered) => void, RegExp]>([
    ["weights", spoilWeights, /^weights m1->m2; state of .*m2/],
    ["a bias", (steered) => spoilBias(steered), /^bias m3\.b; state of .*m3/],
    ["W", (steered) => spoilMatrix(steered), /^W of m3; state of .*m3/],
    ["an input", (steered) => spoilInput(steered), /^input x1; state of .*m1/],
  ])("finds %s, and mends what has no gate", async (_what, spoil, where) => {
    const kernels = await openKernels("reference");
    const steered = guarded(kernels, runOf());
    const { ticks, told, engine } = steered;
    await ticks(3);
    spoil(steered);
    await ticks(40);
    expect(told("notFinite").map((event) => event.where)).toEqual([expect.stringMatching(where)]);
    const { states } = engine.net.state;
    for (const state of states.values())
      expect((await kernels.read(state)).every(Number.isFinite)).toBe(true);
    await engine.close();
    expect(kernels.live()).toBe(0);
  });
});

describe("the guard, while all are numbers", () => {
  it("changes nothing, and leaves nothing behind", async () => {
    const kernels = await openKernels("reference");
    const [watched, alone] = [
      guarded(kernels),
      steer(kernels, runOf({ activation: "relu", optimiser: "sgd" })),
    ];
    for (const { ticks } of [watched, alone]) await ticks(100);
    expect(watched.applied).toEqual([]);
    expectSame(await watched.snapshot(), await alone.snapshot());
    const live = kernels.live();
    await watched.ticks(220);
    expect(kernels.live()).toBe(live);
    for (const { engine } of [watched, alone]) await engine.close();
  });

  it("is not there in a replay", async () => {
    const linear = { ...scene, network: { ...scene.network, activation: "linear", spectralRadius: 20 } };
    const { step, told, simulation } = await acting(linear, { replay: true });
    await step(100);
    expect(told("notFinite")).toEqual([]);
    expect(Object.values(simulation.status().gates)).toEqual([1, 1, 1, 1, 1]);
  });
});

const spoilt = (kernels: Kernels, shape: readonly number[]) =>
  kernels.tensor(new Float32Array(shape.reduce((size, length) => size * length)).fill(Number.NaN), shape);

function spoilLearned({ engine: { kernels, net } }: Steered, name: string): void {
  const learned = net.state.parameters.learned.get(name)!;
  const before = learned.weights;
  learned.weights = spoilt(kernels, before.shape);
  kernels.dispose(before);
}

function spoilWeights(steered: Steered): void {
  spoilLearned(steered, "m1->m2");
}

function spoilBias(steered: Steered): void {
  spoilLearned(steered, "m3.b");
}

function spoilMatrix({ engine: { kernels, net } }: Steered): void {
  const recurrent = net.state.parameters.recurrent.get("m3")!;
  kernels.dispose(recurrent.matrix);
  recurrent.matrix = kernels.matrix({
    neurons,
    rows: Uint32Array.from({ length: neurons + 1 }, (_, i) => i),
    columns: Uint16Array.from({ length: neurons }, (_, i) => (i + 1) % neurons),
    values: new Float32Array(neurons).fill(Number.NaN),
  });
  recurrent.steps = 1;
}

function spoilInput({ engine: { kernels, net } }: Steered): void {
  put(kernels, net.state.inputs, "x1", spoilt(kernels, net.state.inputs.get("x1")!.shape));
}
