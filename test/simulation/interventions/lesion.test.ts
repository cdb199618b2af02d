import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { resolveRun } from "../../../src/simulation/run-description.js";
import type { StoredTensor } from "../../../src/simulation/safetensors.js";
import type { StateSnapshot } from "../../../src/simulation/state-snapshot.js";
import { rejectionOf } from "../../error-of.js";
import { batch, expectSame, neurons, outputs, runOf, steer, tasks, type Variant } from "./steered.js";

const { network } = runOf();
const data = (snapshot: StateSnapshot, name: string) => snapshot.tensors.get(name)!.data;

/** Every weight by which a unit speaks or hears, looked up by the description alone. */
function connectionsOf(snapshot: StateSnapshot, module: string, unit: number): number[] {
  const found: number[] = [];
  for (const { weights, source, target, kind } of network.pathways.values()) {
    const matrix = data(snapshot, `weights/${weights}`);
    const [from, to] = network.weights.get(weights)!.shape;
    const row = unit - source.block[0];
    const column = unit - target.block[0];
    if (source.name === module && source.kind !== "input" && row >= 0 && row < from)
      for (let j = 0; j < to; j++) found.push(matrix[row * to + j]);
    if (target.name === module && kind !== "readout" && column >= 0 && column < to)
      for (let i = 0; i < from; i++) found.push(matrix[i * to + column]);
  }
  return found;
}

/** Connections in W from and to a unit. */
function recurrentOf(snapshot: StateSnapshot, module: string, unit: number): number {
  const counts = data(snapshot, `recurrent counts/${module}`);
  const to = data(snapshot, `recurrent columns/${module}`).filter((column) => column === unit).length;
  return counts[unit] + to;
}

/** A snapshot whose weights lack a unit's connections and bias, made the long way: by matrices with their zeros. */
function without({ scalars, tensors }: StateSnapshot, module: string, unit: number): StateSnapshot {
  const cut = new Map<string, StoredTensor>(
    [...tensors].map(([name, { shape, data: own }]) => [name, { shape, data: own.slice() }]),
  );
  for (const { weights, source, target, kind } of network.pathways.values()) {
    const [from, to] = network.weights.get(weights)!.shape;
    cut.get(`weights/${weights}`)!.data.forEach((_, at, matrix) => {
      const speaks = source.kind !== "input" && source.name === module;
      const hears = kind !== "readout" && target.name === module;
      const row = Math.floor(at / to) + source.block[0];
      if ((speaks && row === unit) || (hears && (at % to) + target.block[0] === unit)) matrix[at] = 0;
    });
    expect(from * to).toBe(cut.get(`weights/${weights}`)!.data.length);
  }
  const bias = cut.get(`weights/${module}.b`);
  if (bias) bias.data[unit] = 0;
  const dense = new Float32Array(neurons * neurons);
  let at = 0;
  for (const [from, count] of data({ scalars, tensors }, `recurrent counts/${module}`).entries()) {
    for (const end = at + count; at < end; at++)
      dense[from * neurons + tensors.get(`recurrent columns/${module}`)!.data[at]] = tensors.get(
        `recurrent values/${module}`,
      )!.data[at];
  }
  for (let i = 0; i < neurons; i++) dense[unit * neurons + i] = dense[i * neurons + unit] = 0;
  const { rows, columns, values } = sparseWeights(dense, neurons);
  const shape = [values.length];
  cut.set(`recurrent counts/${module}`, {
    shape: [neurons],
    data: Float32Array.from({ length: neurons }, (_, from) => rows[from + 1] - rows[from]),
  });
  cut.set(`recurrent columns/${module}`, { shape, data: Float32Array.from(columns) });
  cut.set(`recurrent values/${module}`, { shape, data: values });
  return { scalars, tensors: cut };
}

const units = (snapshot: StateSnapshot, part: string, module: string, unit: number) => {
  const tensor = snapshot.tensors.get(`${part}/${module}`);
  return Array.from({ length: tensor ? batch : 0 }, (_, row) => tensor!.data[row * neurons + unit]);
};

const all = [...network.modules.keys()].map(
  (module, i) => [module, [i, 4, 7, 8 + i, 12 + i, 16 + i, 23]] as const,
);

describe("a lesion", () => {
  it.for<[backend: string, variant: Variant]>([
    ["reference", {}],
    ["reference", { activation: "sigmoid" }],
    ["simd", { activation: "hardSigmoid", forward: "live" }],
    ["simd", { activation: "sigmoid", events: true, timeStep: 0.5 }],
    ["wasm", { activation: "sigmoid" }],
    ["cpu", { activation: "relu", optimiser: "sgd" }],
  ])("on %s silences units for good, whatever is learned and injected: %j", async ([backend, variant]) => {
    const kernels = await openKernels(backend);
    const steered = steer(kernels, runOf(variant));
    // in the middle of a learning phase, with moments that do not rest
    await steered.ticks(31);
    const before = await steered.snapshot();
    for (const [module, lesioned] of all) {
      for (const unit of lesioned) expect(recurrentOf(before, module, unit)).toBeGreaterThan(0);
      await steered.apply({ kind: "lesion", module, units: lesioned });
      await steered.apply({ kind: "noise", module, deviation: 0.5 });
      await steered.apply({
        kind: "drive",
        module,
        block: null,
        values: new Float32Array(neurons).fill(2),
        ticks: 50,
      });
    }
    for (const ticks of [0, 1, 60]) {
      await steered.ticks(ticks);
      await steered.apply({
        kind: "outputError",
        readout: "out1",
        error: new Float32Array(batch * outputs).fill(0.5),
      });
      const after = await steered.snapshot();
      let count = 0;
      for (const [module, lesioned] of all) {
        for (const unit of lesioned) {
          expect(recurrentOf(after, module, unit)).toBe(0);
          const connections = connectionsOf(after, module, unit);
          count += connections.length;
          expect(connections.filter((weight) => weight !== 0)).toEqual([]);
          const signals = [units(after, "states", module, unit), units(after, "errors", module, unit)].flat();
          expect(signals.filter((value) => value !== 0)).toEqual([]);
        }
      }
      expect(count).toBeGreaterThan(50);
      expect(after.scalars.lesions).toEqual(Object.fromEntries(all.map(([name, some]) => [name, [...some]])));
    }
    const learned = data(await steered.snapshot(), "weights/m1->m2");
    expect(learned).not.toEqual(data(before, "weights/m1->m2"));
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it.each<Variant>([{}, { activation: "sigmoid", events: true }])(
    "lets nothing that enters the unit reach any other: %j",
    async (variant) => {
      const kernels = await openKernels("simd");
      const steered = [0, 3].map(async (size) => {
        const one = steer(kernels, runOf(variant));
        await one.ticks(9);
        await one.apply({ kind: "lesion", module: "m3", units: [2, 5] });
        const values = new Float32Array(neurons);
        values[2] = size;
        values[5] = -size;
        await one.apply({ kind: "drive", module: "m3", block: null, values, ticks: 40 });
        await one.ticks(50);
        return one;
      });
      const [without, with3] = await Promise.all(steered);
      expectSame(await with3.snapshot(), await without.snapshot());
      for (const { engine } of [without, with3]) await engine.close();
      expect(kernels.live()).toBe(0);
      kernels.close();
    },
  );

  it("gives the run of a network that never had these connections", async () => {
    const kernels = await openKernels("reference");
    const run = runOf();
    const lesioned = steer(kernels, run);
    const from = without(without(await lesioned.snapshot(), "m1", 1), "m4", 21);
    const never = steer(kernels, run, { from });
    await lesioned.apply(
      { kind: "lesion", module: "m1", units: [1] },
      { kind: "lesion", module: "m4", units: [21] },
    );
    const scalars = Object.keys(from.scalars).filter((name) => name !== "lesions");
    for (const ticks of [0, 40]) {
      await Promise.all([lesioned.ticks(ticks), never.ticks(ticks)]);
      expectSame(await lesioned.snapshot(), await never.snapshot(), scalars as (keyof typeof from.scalars)[]);
    }
    for (const { engine } of [lesioned, never]) await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it.each(["before", "after"])("keeps units silent %s their module is quieted", async (order) => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf({ activation: "sigmoid" }));
    await steered.ticks(20);
    const quiet = { kind: "quiet", modules: ["m3"], readouts: [], biases: ["m3.b"], matrices: [] } as const;
    const lesion = { kind: "lesion", module: "m3", units: [3, 8] } as const;
    await steered.apply(...(order === "before" ? [lesion, quiet] : [quiet, lesion]));
    await steered.ticks(20);
    const after = await steered.snapshot();
    for (const unit of lesion.units) {
      expect(units(after, "states", "m3", unit)).toEqual([0, 0]);
      expect(connectionsOf(after, "m3", unit).every((weight) => weight === 0)).toBe(true);
    }
    expect(units(after, "states", "m3", 4).every((value) => value > 0)).toBe(true);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("of all units of a module that learns its W leaves a network that runs", async () => {
    const kernels = await openKernels("simd");
    const steered = steer(kernels, runOf());
    await steered.ticks(20);
    const every = Array.from({ length: neurons }, (_, unit) => unit);
    await steered.apply({ kind: "lesion", module: "m3", units: every });
    await steered.ticks(30);
    const { tensors } = await steered.snapshot();
    expect(tensors.get("recurrent values/m3")?.data).toHaveLength(0);
    expect(tensors.get("states/m3")?.data.every((value) => value === 0)).toBe(true);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("is refused where other units have the same weights, and for units that are none", async () => {
    const kernels = await openKernels("reference");
    const { description } = network;
    const twin = { id: "twin", source: "m3.b3", target: "m4.b2", weights: { shares: "m1->m2" } };
    const run = resolveRun(
      {
        network: { ...description, forward: [...description.forward!, twin] },
        batch,
        schedule: { kind: "continuous" },
      },
      new Set(tasks),
    );
    const steered = steer(kernels, run);
    const before = await steered.snapshot();
    const [start] = run.network.pathways.get("m1->m2")!.source.block;
    for (const [lesioned, text] of [
      [
        [start],
        /^units: given \[\d+\], needed units of which no weights are shared: unit \d+ of module m3 .* pathway twin/,
      ],
      [[], /^units: given \[\], needed one unit or more/],
      [[0, neurons], /^units\[1\]: given 24, needed a whole number from 0 to 23/],
      [[-1], /^units\[0\]: given -1/],
      [[0.5], /^units\[0\]: given 0\.5/],
    ] as const) {
      const error = await rejectionOf(steered.apply({ kind: "lesion", module: "m1", units: lesioned }));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
    }
    const unknown = await rejectionOf(steered.apply({ kind: "lesion", module: "m9", units: [1] }));
    expect(unknown.message).toMatch(/^module: given "m9", needed one of m1/);
    expectSame(await steered.snapshot(), before);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });
});
