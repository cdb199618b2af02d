import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { scoreOutput } from "../../src/streams/score.js";

const kernels = referenceKernels();
const rows = (...values: number[]) => kernels.tensor(Float32Array.from(values), [2, 2]);

describe("the score of a batch", () => {
  it("of classes is the cross-entropy of their probabilities, and how many are right", async () => {
    const score = await scoreOutput(kernels, "class", rows(0.75, 0.25, 0.5, 0.5), rows(1, 0, 0, 1), true);
    expect(score.count).toBe(2);
    expect(score.loss).toBeCloseTo(-(Math.log(0.75) + Math.log(0.5)) / 2, 6);
    // the first of equals counts
    expect(score.accuracy).toBe(0.5);
  });

  it("of classes whose outputs are no probabilities is their distance, and how many are right", async () => {
    const score = await scoreOutput(kernels, "class", rows(0.9, 0, 0, 0.3), rows(1, 0, 0, 1), false);
    expect(score).toEqual({ count: 2, loss: expect.closeTo((0.1 + 0.7) / 4, 6), accuracy: 1 });
  });

  it("of vectors is their distance, whatever the outputs are", async () => {
    for (const probabilities of [true, false]) {
      const score = await scoreOutput(kernels, "vector", rows(1, 2, 3, 4), rows(1, 1, 1, 1), probabilities);
      expect(score).toEqual({ count: 2, loss: expect.closeTo(1.5, 6), accuracy: null });
    }
  });

  it("leaves no handle but what it was given", async () => {
    const fresh = referenceKernels();
    const output = fresh.tensor(new Float32Array(4), [2, 2]);
    for (const kind of ["class", "vector"] as const)
      for (const probabilities of [true, false])
        await scoreOutput(fresh, kind, output, output, probabilities);
    expect(fresh.live()).toBe(1);
  });
});
