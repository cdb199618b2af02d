import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels, LearnMatrixRequest, RecurrentMatrix } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { denseWeights, leastWeight, sparseWeights } from "../../src/kernels/sparse-weights.js";
import { openBackends } from "./open-backends.js";
import { refusalOf } from "./refusal-of.js";

const adam = { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 } as const;
const W = Float32Array.of(0, 0.5, 0, -0.25, 0, 0.125, 0, 0, 1);

/** A matrix of three neurons and four connections, a state and an error of two rows. */
function learning(kernels: Kernels, matrix = kernels.matrix(sparseWeights(W, 3))): LearnMatrixRequest {
  const source = kernels.tensor(Float32Array.of(1, 2, 0, 3, -1, 1), [2, 3]);
  const error = kernels.tensor(Float32Array.of(0.5, 0, 1, 1, -2, 0.5), [2, 3]);
  return {
    terms: [{ source, block: [0, 3], error, errorBlock: [0, 3], scale: 0.5 }],
    matrix,
    moments: null,
    optimiser: { kind: "sgd", learningRate: 0.25 },
  };
}

const vector = (kernels: Kernels, length: number) => kernels.tensor(new Float32Array(length), [length]);

/** Calls that every backend refuses. */
const refused: Record<string, (kernels: Kernels) => unknown> = {
  "a source of fewer units than the matrix": (k) => {
    const { terms, ...request } = learning(k);
    return k.learnMatrix({ ...request, terms: [{ ...terms[0], block: [0, 2] }] });
  },
  "the constant source of a bias": (k) => {
    const { terms, ...request } = learning(k);
    return k.learnMatrix({ ...request, terms: [{ ...terms[0], source: "ones", block: [0, 1] }] });
  },
  "moments of all pairs": (k) =>
    k.learnMatrix({
      ...learning(k),
      moments: { first: vector(k, 9), second: vector(k, 9) },
      optimiser: { ...adam, step: 2 },
    }),
};

describe.each(openBackends)("%s", (name) => {
  let kernels: Kernels;

  beforeEach(async () => {
    kernels = await openKernels(name);
  });

  afterEach(() => kernels.close());

  const dense = async (matrix: RecurrentMatrix) => [...denseWeights(await kernels.weights(matrix))];

  it.each(Object.keys(refused))("refuses %s, as reference does, and consumes nothing", (what) => {
    const refusal = refusalOf(kernels, refused[what]);
    expect(refusal).toEqual(refusalOf(referenceKernels(), refused[what]));
    expect(refusal.code).toBe("SHAPE_MISMATCH");
    const matrix = kernels.matrix(sparseWeights(W, 3));
    const request = learning(kernels, matrix);
    const live = kernels.live();
    const short = { ...request, terms: [{ ...request.terms[0], errorBlock: [0, 2] as const }] };
    expect(() => kernels.learnMatrix(short)).toThrow(EddyError);
    expect(kernels.live()).toBe(live);
    expect(kernels.retain(matrix)).toBe(matrix);
  });

  it("changes connections by -lr z^T e / batch and nothing else, one step after the other", async () => {
    // z^T e / 2: row 0: (1.75, -3, 1.25), row 1: (0, 1, 0.75), row 2: (0.5, -1, 0.25)
    const first = kernels.learnMatrix({ ...learning(kernels), keepGradient: true });
    expect([...(await kernels.read(first.gradient!))]).toEqual([-3, 0, 0.75, 0.25]);
    expect(first.gradient!.shape).toEqual([4]);
    expect(first.moments).toBeNull();
    expect(await dense(first.matrix)).toEqual([0, 1.25, 0, -0.25, 0, -0.0625, 0, 0, 0.9375]);
    const second = kernels.learnMatrix(learning(kernels, first.matrix));
    expect(second.gradient).toBeNull();
    expect(await dense(second.matrix)).toEqual([0, 2, 0, -0.25, 0, -0.25, 0, 0, 0.875]);
  });

  it("owns what learning made, instead of what it consumed", async () => {
    const request = learning(kernels);
    const first = kernels.learnMatrix({ ...request, optimiser: { ...adam, step: 1 } });
    expect(() => kernels.retain(request.matrix)).toThrow("invariant");
    expect(first.moments!.first.shape).toEqual([4]);
    const before = kernels.live();
    const again = learning(kernels, first.matrix);
    const second = kernels.learnMatrix({
      ...again,
      moments: first.moments,
      optimiser: { ...adam, step: 2 },
    });
    // three made for three consumed, and the two inputs of this call
    expect(kernels.live()).toBe(before + 2);
    for (const consumed of [first.matrix, first.moments!.first, first.moments!.second])
      expect(() => kernels.retain(consumed)).toThrow("invariant");
    const third = kernels.learnMatrix({ ...learning(kernels, second.matrix), moments: second.moments });
    expect(third.moments).toBeNull();
    expect(() => kernels.retain(second.moments!.first)).toThrow("invariant");
    expect(kernels.live()).toBe(before + 2);
  });

  it("leaves a matrix alone that somebody else still owns", async () => {
    const matrix = kernels.retain(kernels.matrix(sparseWeights(W, 3)));
    const learned = kernels.learnMatrix(learning(kernels, matrix));
    expect(await dense(matrix)).toEqual([...W]);
    expect((await dense(learned.matrix))[1]).toBe(1.25);
    const further = kernels.learnMatrix(learning(kernels, learned.matrix));
    expect(await dense(matrix)).toEqual([...W]);
    kernels.dispose(matrix);
    expect(() => kernels.retain(matrix)).toThrow("invariant");
    expect((await dense(further.matrix))[1]).toBe(2);
  });

  it("keeps a connection whose weight would become 0, and goes on from there", async () => {
    const data = Float32Array.of(0, -0.75, 0, 0, 0, 0, 0, 0, 1);
    const learned = kernels.learnMatrix(learning(kernels, kernels.matrix(sparseWeights(data, 3))));
    expect((await dense(learned.matrix))[1]).toBe(leastWeight);
    const again = kernels.learnMatrix(learning(kernels, learned.matrix));
    expect((await dense(again.matrix))[1]).toBeCloseTo(0.75, 6);
  });

  it("learns by no term, as by no error", async () => {
    const matrix = kernels.matrix(sparseWeights(W, 3));
    const request = { ...learning(kernels, matrix), terms: [], keepGradient: true };
    const learned = kernels.learnMatrix(request);
    expect([...(await kernels.read(learned.gradient!))]).toEqual([0, 0, 0, 0]);
    expect(await dense(learned.matrix)).toEqual([...W]);
  });

  it("learns a matrix without connections", async () => {
    const matrix = kernels.matrix(sparseWeights(new Float32Array(9), 3));
    const first = kernels.learnMatrix({ ...learning(kernels, matrix), optimiser: { ...adam, step: 1 } });
    expect(first.moments!.first.shape).toEqual([0]);
    const { moments, matrix: again } = kernels.learnMatrix({
      ...learning(kernels, first.matrix),
      moments: first.moments,
      optimiser: { ...adam, step: 2 },
    });
    expect(await dense(again)).toEqual(Array(9).fill(0));
    expect((await kernels.read(moments!.second)).length).toBe(0);
  });
});
