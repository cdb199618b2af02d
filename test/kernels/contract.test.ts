import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels, LearnRequest, Propagated, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { openBackends } from "./open-backends.js";
import { refusalOf } from "./refusal-of.js";

const matrixOf = (kernels: Kernels, ...shape: number[]): Tensor =>
  kernels.tensor(new Float32Array(shape.reduce((size, axis) => size * axis, 1)).fill(0.5), shape);

/** Calls that every backend refuses, with what makes each of them wrong. */
const refused: Record<string, (kernels: Kernels) => unknown> = {
  "an upload of another size": (k) => k.tensor(new Float32Array(5), [2, 3]),
  "a gain that is no number": (k) => k.settle([settling(k, { gain: Number.NEGATIVE_INFINITY })]),
  "a time step of 0": (k) => k.settle([settling(k, { timeStep: 0 })]),
  "a time step beyond 1": (k) => k.settle([settling(k, { timeStep: 1.01 })]),
  "a gain beyond float32": (k) => k.settle([settling(k, { gain: 1e39 })]),
  "a source of another batch": (k) =>
    k.drive({ batch: 3, units: 4, terms: [{ ...term(k), source: matrixOf(k, 2, 5) }] }),
  "a source that is no batch": (k) =>
    k.drive({ batch: 2, units: 4, terms: [{ ...term(k), source: matrixOf(k, 10) }] }),
  "a block outside its source": (k) =>
    k.drive({ batch: 2, units: 4, terms: [{ ...term(k), block: [3, 6] }] }),
  "a block that ends before it starts": (k) =>
    k.drive({ batch: 2, units: 4, terms: [{ ...term(k), block: [3, 1] }] }),
  "a target outside the module": (k) => k.drive({ batch: 2, units: 3, terms: [term(k)] }),
  "weights that want transposing": (k) =>
    k.drive({ batch: 2, units: 4, terms: [{ ...term(k), transposed: true }] }),
  "a base of another size": (k) => k.drive({ batch: 2, units: 4, terms: [], base: matrixOf(k, 2, 5) }),
  "a drive of another width": (k) => k.settle([settling(k, { drive: matrixOf(k, 2, 4) })]),
  "a start of another batch": (k) => k.settle([settling(k, { from: matrixOf(k, 1, 3) })]),
  "a recurrent bias of another size": (k) => k.settle([settling(k, { bias: matrixOf(k, 4) })]),
  "half an iteration": (k) => k.settle([settling(k, { iterations: 0.5 })]),
  "a negative epsilon": (k) => k.settle([settling(k, { changes: { epsilon: -1, remembered: null } })]),
  "an epsilon that is no number": (k) =>
    k.settle([settling(k, { changes: { epsilon: Number.POSITIVE_INFINITY, remembered: null } })]),
  "what was spoken in another batch": (k) =>
    k.settle([
      settling(k, { changes: { epsilon: 0, remembered: { ...remembered(k), spoken: matrixOf(k, 1, 3) } } }),
    ]),
  "a sum of another width": (k) =>
    k.settle([
      settling(k, { changes: { epsilon: 0, remembered: { ...remembered(k), sum: matrixOf(k, 2, 4) } } }),
    ]),
  "needed units outside the module": (k) =>
    k.settle([
      settling(k, {
        needed: [
          [0, 1],
          [2, 4],
        ],
      }),
    ]),
  "needed units together with a tolerance": (k) => k.settle([settling(k, { needed: [], tolerance: 1 })]),
  "needed units together with a report": (k) => k.settle([settling(k, { needed: [], report: true })]),
  "needed units together with changes": (k) =>
    k.settle([settling(k, { needed: [[0, 3]], changes: { epsilon: 0, remembered: null } })]),
  "a readout's bias of another size": (k) =>
    k.readout({ batch: 2, size: 4, terms: [term(k)], bias: matrixOf(k, 3), nonlinearity: "softmax" }),
  "a difference of two shapes": (k) => k.difference(matrixOf(k, 2, 3), matrixOf(k, 3, 2)),
  "a derivative of two shapes": (k) => k.derivative("tanh", matrixOf(k, 2, 3), matrixOf(k, 2, 2)),
  "weights of another shape than their gradient": (k) => k.learn(learning(k, matrixOf(k, 3, 3))),
  "a bias of another length than its error": (k) =>
    k.learn({
      ...learning(k, matrixOf(k, 3)),
      terms: [{ source: "ones", block: [0, 1], error: matrixOf(k, 2, 4), errorBlock: [0, 4], scale: 1 }],
    }),
  "moments of another shape": (k) =>
    k.learn({
      ...learning(k, matrixOf(k, 3, 4)),
      moments: { first: matrixOf(k, 3, 4), second: matrixOf(k, 4, 3) },
      optimiser: { kind: "adam", learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, step: 1 },
    }),
  "a target of another size": (k) => k.score(matrixOf(k, 2, 3), matrixOf(k, 2, 4)),
  "a sample of a vector": (k) => k.sample({ tensor: matrixOf(k, 3), row: "mean", units: [0, 3], every: 1 }),
  "a sample outside the tensor": (k) =>
    k.sample({ tensor: matrixOf(k, 2, 3), row: "mean", units: [0, 4], every: 1 }),
  "a row outside the batch": (k) => k.sample({ tensor: matrixOf(k, 2, 3), row: 2, units: [0, 3], every: 1 }),
  "every zeroth unit": (k) => k.sample({ tensor: matrixOf(k, 2, 3), row: 0, units: [0, 3], every: 0 }),
};

function term(kernels: Kernels) {
  return {
    source: matrixOf(kernels, 2, 5),
    block: [0, 3] as const,
    weights: matrixOf(kernels, 3, 4),
    scale: 1,
    target: [0, 4] as const,
  };
}

function settling(kernels: Kernels, change: object) {
  const matrix = kernels.matrix(sparseWeights(new Float32Array(9), 3));
  const drive = matrixOf(kernels, 2, 3);
  return { matrix, activation: "tanh" as const, from: "zero" as const, drive, iterations: 1, ...change };
}

const remembered = (kernels: Kernels): Propagated => ({
  spoken: matrixOf(kernels, 2, 3),
  sum: matrixOf(kernels, 2, 3),
});

function learning(kernels: Kernels, weights: Tensor): LearnRequest {
  const source = matrixOf(kernels, 2, 3);
  const error = matrixOf(kernels, 2, 4);
  return {
    terms: [{ source, block: [0, 3], error, errorBlock: [0, 4], scale: 1 }],
    weights,
    moments: null,
    optimiser: { kind: "sgd", learningRate: 1 },
  };
}

describe.each(openBackends)("%s", (name) => {
  let kernels: Kernels;

  beforeEach(async () => {
    kernels = await openKernels(name);
  });

  afterEach(() => kernels.close());

  it.each(Object.keys(refused))("refuses %s, as reference does", (what) => {
    const refusal = refusalOf(kernels, refused[what]);
    expect(refusal).toEqual(refusalOf(referenceKernels(), refused[what]));
    expect(["SHAPE_MISMATCH", "INVALID_ARGUMENT"]).toContain(refusal.code);
    expect(refusal.message).not.toMatch(/undefined|NaN|\n/);
  });

  it("consumes nothing when it refuses to learn", () => {
    const weights = matrixOf(kernels, 3, 3);
    const request = learning(kernels, weights);
    const before = kernels.live();
    expect(() => kernels.learn(request)).toThrow(EddyError);
    expect(kernels.live()).toBe(before);
  });

  it("frees a tensor with its last owner, and no sooner", async () => {
    const tensor = kernels.tensor(Float32Array.of(1, 2), [2]);
    expect(kernels.live()).toBe(1);
    expect(kernels.retain(tensor)).toBe(tensor);
    kernels.dispose(tensor);
    expect([...(await kernels.read(tensor))]).toEqual([1, 2]);
    kernels.dispose(tensor);
    expect(kernels.live()).toBe(0);
    expect(() => kernels.dispose(tensor)).toThrow("invariant");
    expect(() => kernels.retain(tensor)).toThrow("invariant");
    await expect(async () => kernels.read(tensor)).rejects.toThrow("invariant");
  });

  it("counts matrices, and refuses those of another backend", () => {
    const matrix = kernels.matrix(sparseWeights(new Float32Array(4), 2));
    expect(kernels.live()).toBe(1);
    expect(() => referenceKernels().dispose(matrix)).toThrow("invariant");
    kernels.dispose(matrix);
    expect(kernels.live()).toBe(0);
    expect(() => kernels.retain(matrix)).toThrow("invariant");
  });

  it("copies what it is given and what it gives", async () => {
    const data = Float32Array.of(1, 2);
    const tensor = kernels.tensor(data, [2]);
    data[0] = 9;
    const read = await kernels.read(tensor);
    read[1] = 9;
    expect([...(await kernels.read(tensor))]).toEqual([1, 2]);
  });

  it("owns weights and moments that learning made, instead of those that it consumed", async () => {
    const weights = matrixOf(kernels, 3, 4);
    const adam = { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 1e-8 } as const;
    const first = kernels.learn({ ...learning(kernels, weights), optimiser: { ...adam, step: 1 } });
    expect(() => kernels.retain(weights)).toThrow("invariant");
    const before = kernels.live();
    const second = kernels.learn({
      ...learning(kernels, first.weights),
      moments: first.moments,
      optimiser: { ...adam, step: 2 },
    });
    // three made for three consumed, and the inputs of this call
    expect(kernels.live()).toBe(before + 2);
    expect(second.gradient).toBeNull();
    expect(() => kernels.retain(first.moments!.second)).toThrow("invariant");
    expect((await kernels.read(second.weights))[0]).toBeCloseTo(0.3, 5);
  });

  it("leaves weights alone that somebody else still owns", async () => {
    const weights = kernels.retain(matrixOf(kernels, 3, 4));
    const learned = kernels.learn(learning(kernels, weights));
    expect((await kernels.read(weights))[0]).toBe(0.5);
    expect((await kernels.read(learned.weights))[0]).toBe(0);
    kernels.dispose(weights);
    expect(() => kernels.retain(weights)).toThrow("invariant");
  });

  it.each(["tanh", "linear"] as const)(
    "never gives away an argument as its result (%s)",
    async (activation) => {
      const drive = matrixOf(kernels, 2, 3);
      const copies = [
        kernels.settle([settling(kernels, { drive, activation })])[0].state,
        kernels.settle([settling(kernels, { drive, from: drive, iterations: 0, activation })])[0].state,
        kernels.settle([settling(kernels, { drive, iterations: 3, activation })])[0].state,
        kernels.drive({ batch: 2, units: 3, terms: [], base: drive }),
        kernels.readout({ batch: 2, size: 3, terms: [], nonlinearity: "linear" }),
      ];
      for (const copy of copies) kernels.dispose(copy);
      expect([...(await kernels.read(drive))]).toEqual(Array(6).fill(0.5));
    },
  );

  it.each([0, 1, 2])("remembers in tensors of its own, after %i iterations", async (iterations) => {
    const before = remembered(kernels);
    const changes = { epsilon: 0, remembered: before };
    const [{ state, propagated }] = kernels.settle([settling(kernels, { iterations, changes })]);
    for (const tensor of [state, propagated!.spoken, propagated!.sum]) kernels.dispose(tensor);
    expect([...(await kernels.read(before.spoken))]).toEqual(Array(6).fill(0.5));
    expect([...(await kernels.read(before.sum))]).toEqual(Array(6).fill(0.5));
  });

  it("gives owners of their own to results that are what they were before", async () => {
    const zeros = () => kernels.tensor(new Float32Array(6), [2, 3]);
    const [from, spoken, sum, drive] = [zeros(), zeros(), zeros(), zeros()];
    const changes = { epsilon: 0.1, remembered: { spoken, sum } };
    const rests = [{}, { changes }].map((more) => settling(kernels, { from, drive, ...more }));
    for (const { state, propagated } of kernels.settle(rests)) {
      for (const tensor of [state, propagated?.spoken, propagated?.sum]) if (tensor) kernels.dispose(tensor);
    }
    for (const tensor of [from, spoken, sum, drive]) {
      expect([...(await kernels.read(tensor))]).toEqual(Array(6).fill(0));
      kernels.dispose(tensor);
      expect(() => kernels.retain(tensor)).toThrow("invariant");
    }
  });

  it("remembers nothing said, of a module that starts from zero and makes no second iteration", async () => {
    for (const iterations of [0, 1]) {
      const changes = { epsilon: 0.1, remembered: null };
      const [{ propagated }] = kernels.settle([settling(kernels, { iterations, changes })]);
      expect([...(await kernels.read(propagated!.spoken))]).toEqual(Array(6).fill(0));
      expect([...(await kernels.read(propagated!.sum))]).toEqual(Array(6).fill(0));
    }
  });

  it("settles several modules, each by itself", async () => {
    const drives = [matrixOf(kernels, 2, 3), matrixOf(kernels, 1, 3)];
    const settled = kernels.settle(drives.map((drive) => settling(kernels, { drive, activation: "linear" })));
    expect(settled.map(({ state, report }) => [state.shape, report])).toEqual([
      [[2, 3], null],
      [[1, 3], null],
    ]);
  });

  it("closes, once and for all", () => {
    const tensor = kernels.tensor(Float32Array.of(1), [1]);
    kernels.close();
    expect(kernels.live()).toBe(0);
    expect(() => kernels.retain(tensor)).toThrow("invariant");
    expect(() => kernels.tensor(Float32Array.of(1), [1])).toThrow("invariant");
  });
});
