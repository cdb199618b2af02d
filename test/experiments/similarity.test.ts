import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchCosine, joined, products, similarity } from "../../src/experiments/similarity.js";
import { seeded } from "../arbitraries/seeded.js";

const vectors = fc
  .integer({ min: 1, max: 12 })
  .chain((length) =>
    fc.tuple(
      ...[1, 2].map(() =>
        fc.float32Array({ minLength: length, maxLength: length, min: -8, max: 8, noNaN: true }),
      ),
    ),
  );

describe("similarity", () => {
  it("of a vector to itself is 1 to the bit, to its opposite -1, whatever their lengths", () => {
    fc.assert(
      fc.property(vectors, fc.constantFrom(1, 2, -1, -0.5), ([a], factor) => {
        fc.pre(a.some((value) => Math.abs(value) > 1e-3));
        const { cosine, angle, ratio } = similarity(
          products(
            a,
            a.map((value) => factor * value),
          ),
        );
        expect(cosine).toBe(Math.sign(factor));
        expect(angle).toBeCloseTo(factor > 0 ? 0 : 180, 12);
        expect(ratio).toBeCloseTo(1 / Math.abs(factor), 12);
      }),
      seeded(200),
    );
  });

  it("is that of right and half right angles", () => {
    const across = similarity(products(Float32Array.of(2, 0), Float32Array.of(0, 3)));
    expect(across).toEqual({ cosine: 0, angle: 90, ratio: 2 / 3 });
    expect(similarity(products(Float32Array.of(1, 0), Float32Array.of(4, 4))).angle).toBeCloseTo(45, 12);
  });

  it("of parts put end to end is that of the whole", () => {
    fc.assert(
      fc.property(vectors, fc.nat({ max: 12 }), ([a, b], cut) => {
        const at = Math.min(cut, a.length);
        const whole = products(a, b);
        const parts = joined([
          products(a.subarray(0, at), b.subarray(0, at)),
          products(a.subarray(at), b.subarray(at)),
        ]);
        for (const key of ["both", "first", "second"] as const) expect(parts[key]).toBeCloseTo(whole[key], 9);
      }),
      seeded(100),
    );
  });

  it("says nothing of a vector that is zero or not finite", () => {
    const nothing = { cosine: null, angle: null, ratio: null };
    expect(similarity(products(Float32Array.of(0, 0), Float32Array.of(1, 2)))).toEqual(nothing);
    expect(similarity(products(Float32Array.of(Number.NaN), Float32Array.of(1)))).toEqual(nothing);
  });

  it("is taken row by row, where rows of zeros are alike", () => {
    const a = Float32Array.of(1, 0, 0, 0, 3, 4);
    const b = Float32Array.of(0, 2, 0, 0, 6, 8);
    expect(batchCosine(a, b, 3)).toBeCloseTo((0 + 1 + 1) / 3, 12);
    expect(batchCosine(a.subarray(2, 4), a.subarray(4), 1)).toBe(0);
  });
});
