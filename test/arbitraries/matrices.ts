import fc from "fast-check";
import { random } from "../../src/model/random.js";

export interface SquareMatrix {
  neurons: number;
  entries: Float32Array;
}

/** Normal entries, a part `density` of them kept: from graphs that fall apart to dense matrices. */
export const squareMatrix = (largest: number): fc.Arbitrary<SquareMatrix> =>
  fc
    .record({
      seed: fc.integer(),
      neurons: fc.integer({ min: 1, max: largest }),
      density: fc.double({ min: 0.02, max: 1, noNaN: true }),
    })
    .map(({ seed, neurons, density }) => {
      const source = random(seed, "square matrix");
      const entries = Float32Array.from({ length: neurons * neurons }, () =>
        source.uniform(0, 1) < density ? source.normal(1) : 0,
      );
      return { neurons, entries };
    });
