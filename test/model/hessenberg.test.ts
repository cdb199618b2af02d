import { describe, expect, it } from "vitest";
import { leadingModulus } from "../../src/model/arnoldi.js";
import { hessenbergEigenvalues, ritzResidual } from "../../src/model/hessenberg.js";
import { random } from "../../src/model/random.js";

/** The companion matrix of a monic polynomial of the given roots, real or in conjugate pairs. */
function companion(roots: { real: number; imaginary: number }[]): Float64Array {
  let coefficients = [{ real: 1, imaginary: 0 }];
  for (const root of roots) {
    const next = [
      ...coefficients.map(({ real, imaginary }) => ({ real, imaginary })),
      { real: 0, imaginary: 0 },
    ];
    coefficients.forEach(({ real, imaginary }, i) => {
      next[i + 1].real -= real * root.real - imaginary * root.imaginary;
      next[i + 1].imaginary -= real * root.imaginary + imaginary * root.real;
    });
    coefficients = next;
  }
  const size = roots.length;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    matrix[i] = -coefficients[i + 1].real;
    if (i > 0) matrix[i * size + i - 1] = 1;
  }
  return matrix;
}

describe("hessenbergEigenvalues", () => {
  it("finds all roots of a polynomial by its companion matrix", () => {
    const pairs = [
      { real: 1, imaginary: 2 },
      { real: -0.5, imaginary: 1 },
    ].flatMap(({ real, imaginary }) => [
      { real, imaginary },
      { real, imaginary: -imaginary },
    ]);
    const roots = [
      ...pairs,
      { real: 3, imaginary: 0 },
      { real: -2, imaginary: 0 },
      { real: 0, imaginary: 0 },
    ];
    const { real, imaginary } = hessenbergEigenvalues(companion(roots), roots.length);
    for (const root of roots) {
      const distances = Array.from(real, (part, i) =>
        Math.hypot(part - root.real, imaginary[i] - root.imaginary),
      );
      expect(Math.min(...distances)).toBeLessThan(1e-10);
    }
  });

  it.each([3, 4, 17, 64])("leaves the standstill of a cyclic shift of %i", (size) => {
    const shift = new Float64Array(size * size);
    for (let i = 0; i < size; i++) shift[((i + 1) % size) * size + i] = 1;
    const { real, imaginary } = hessenbergEigenvalues(shift, size);
    const angles = Array.from(real, (part, i) => {
      expect(Math.hypot(part, imaginary[i])).toBeCloseTo(1, 12);
      return (Math.atan2(imaginary[i], part) / (2 * Math.PI)) * size;
    });
    const turns = angles.map((angle) => (Math.round(angle) + size) % size).sort((a, b) => a - b);
    expect(turns).toEqual(Array.from({ length: size }, (_, k) => k));
    for (const angle of angles) expect(angle).toBeCloseTo(Math.round(angle), 9);
  });

  it("tells apart eigenvalues that differ by little more than rounding", () => {
    const size = 30;
    const source = random(1, "nearly one");
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++)
      for (let j = Math.max(0, i - 1); j < size; j++)
        matrix[i * size + j] = (i === j ? 1 : 0) + 1e-9 * source.normal(1);
    const trace = Array.from({ length: size }, (_, i) => matrix[i * size + i] - 1).reduce((a, b) => a + b);
    const { real, imaginary } = hessenbergEigenvalues(matrix, size);
    expect(real.reduce((sum, part) => sum + (part - 1), 0) / 1e-9).toBeCloseTo(trace / 1e-9, 4);
    for (let i = 0; i < size; i++) expect(Math.hypot(real[i] - 1, imaginary[i])).toBeLessThan(3e-8);
  });
});

describe("ritzResidual", () => {
  it("is the last subdiagonal entry times the last part of the eigenvector, and large off the eigenvalues", () => {
    // the eigenvalue 3 of [[2, 1], [1, 2]] has the eigenvector (1, 1) / sqrt 2
    const hessenberg = Float64Array.of(2, 1, 1, 2, 0, 0.5);
    expect(ritzResidual(hessenberg, 2, 2, 3, 0)).toBeCloseTo(0.5 / Math.SQRT2, 12);
    expect(ritzResidual(hessenberg, 2, 2, 5, 0)).toBeGreaterThan(1);
    expect(ritzResidual(hessenberg, 2, 2, 3, 2)).toBeGreaterThan(0.9);
  });
});

describe("leadingModulus", () => {
  it.each([1, 39, 40, 41, 48])(
    "ends where the basis spans an invariant subspace, of %i dimensions",
    (distinct) => {
      const size = 300;
      const diagonal = {
        size,
        apply(input: Float64Array, output: Float64Array) {
          for (let i = 0; i < size; i++)
            output[i] = input[i] * Math.cos((Math.PI * (i % distinct)) / distinct);
        },
      };
      expect(leadingModulus(diagonal)).toBeCloseTo(1, 10);
    },
  );
});
