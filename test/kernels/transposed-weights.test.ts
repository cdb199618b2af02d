import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkWeights,
  denseWeights,
  sparseWeights,
  transposedWeights,
} from "../../src/kernels/sparse-weights.js";
import { seeded } from "../arbitraries/seeded.js";

const matrix = fc
  .integer({ min: 1, max: 9 })
  .chain((neurons) =>
    fc
      .array(fc.constantFrom(0, 0, 0.5, -2), { minLength: neurons ** 2, maxLength: neurons ** 2 })
      .map((values) => ({ neurons, values: Float32Array.from(values) })),
  );

describe("transposed weights", () => {
  it("have each connection the other way round, and come back when transposed again", () => {
    fc.assert(
      fc.property(matrix, ({ neurons, values }) => {
        const weights = sparseWeights(values, neurons);
        const transposed = transposedWeights(weights);
        checkWeights(transposed);
        const dense = denseWeights(transposed);
        values.forEach((value, at) => {
          const [from, to] = [Math.floor(at / neurons), at % neurons];
          expect(dense[to * neurons + from]).toBe(value);
        });
        expect(transposedWeights(transposed)).toEqual(weights);
      }),
      seeded(100),
    );
  });
});
