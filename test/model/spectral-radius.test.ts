import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { permutation, random } from "../../src/model/random.js";
import { spectralRadius as spectralRadiusOf } from "../../src/model/spectral-radius.js";
import { squareMatrix } from "../arbitraries/matrices.js";

const spectralRadius = (matrix: Float32Array, neurons: number): number =>
  spectralRadiusOf(sparseWeights(matrix, neurons));

/** A matrix [size, size] of an expression of row and column. */
const matrixOf = (size: number, entry: (row: number, column: number) => number) =>
  Float32Array.from({ length: size * size }, (_, at) => entry(Math.floor(at / size), at % size));

const diagonal = (values: number[]) => matrixOf(values.length, (i, j) => (i === j ? values[i] : 0));

/** `P^T matrix P`: unit i becomes unit order[i]. */
function permuted(matrix: ArrayLike<number>, size: number, order: Uint32Array): Float32Array {
  const result = new Float32Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) result[order[i] * size + order[j]] = matrix[i * size + j];
  return result;
}

/** A block diagonal matrix. */
function besides(blocks: { neurons: number; entries: ArrayLike<number> }[]): Float32Array {
  const size = blocks.reduce((sum, { neurons }) => sum + neurons, 0);
  const result = new Float32Array(size * size);
  let offset = 0;
  for (const { neurons, entries } of blocks) {
    for (let i = 0; i < neurons; i++)
      for (let j = 0; j < neurons; j++) result[(offset + i) * size + offset + j] = entries[i * neurons + j];
    offset += neurons;
  }
  return result;
}

/** Rotation by `angle` radians and growth by `modulus`: the eigenvalues modulus e^(+-i angle). */
const rotation = (modulus: number, angle: number) => ({
  neurons: 2,
  entries: [
    modulus * Math.cos(angle),
    -modulus * Math.sin(angle),
    modulus * Math.sin(angle),
    modulus * Math.cos(angle),
  ],
});

/**
 * `Q matrix Q^-1` in double precision, rounded at the end, with Q = U S V: U and V products of reflections, S
 * diagonal from 1 to `condition`.
 */
function similar(matrix: Float32Array, size: number, condition: number, seed: number): Float32Array {
  const source = random(seed, "similarity");
  const result = Float64Array.from(matrix);
  const reflect = () => {
    const v = Float64Array.from({ length: size }, () => source.normal(1));
    const twice = 2 / v.reduce((sum, part) => sum + part * part, 0);
    for (let j = 0; j < size; j++) {
      let along = 0;
      for (let i = 0; i < size; i++) along += v[i] * result[i * size + j];
      for (let i = 0; i < size; i++) result[i * size + j] -= twice * along * v[i];
    }
    for (let i = 0; i < size; i++) {
      let along = 0;
      for (let j = 0; j < size; j++) along += v[j] * result[i * size + j];
      for (let j = 0; j < size; j++) result[i * size + j] -= twice * along * v[j];
    }
  };
  for (let k = 0; k < 12; k++) reflect();
  const scale = (i: number) => condition ** (i / size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) result[i * size + j] *= scale(i) / scale(j);
  for (let k = 0; k < 12; k++) reflect();
  return Float32Array.from(result);
}

/** The definition by a general eigenvalue routine. */
function radiusByDecomposition(matrix: Float32Array, size: number): number {
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(
    Matrix.from1DArray(size, size, matrix),
  );
  return Math.max(...realEigenvalues.map((real, i) => Math.hypot(real, imaginaryEigenvalues[i])));
}

/** Relative deviation. */
const deviation = (given: number, wanted: number) => Math.abs(given / wanted - 1);

describe("spectralRadius of matrices with known spectra", () => {
  it("is the largest |entry| of a diagonal matrix", () => {
    expect(spectralRadius(diagonal([0.5, -2.25, 1]), 3)).toBe(2.25);
    expect(spectralRadius(Float32Array.of(-3), 1)).toBe(3);
  });

  it("is the modulus of a complex leading pair", () => {
    const blocks = [rotation(1.5, 1), { neurons: 1, entries: [1.4] }, rotation(1.45, 2)];
    expect(deviation(spectralRadius(besides(blocks), 5), 1.5)).toBeLessThan(1e-6);
  });

  it.each([
    { roots: "2, -3, 1", coefficients: [-6, 7, 0], radius: 3 },
    { roots: "+-2i, 1", coefficients: [4, -4, 1], radius: 2 },
    { roots: "the golden ratio and its conjugate", coefficients: [1, 1], radius: (1 + Math.sqrt(5)) / 2 },
  ])("is the largest root of the polynomial of a companion matrix: $roots", ({ coefficients, radius }) => {
    const size = coefficients.length;
    const companion = matrixOf(size, (i, j) => (j === size - 1 ? coefficients[i] : i === j + 1 ? 1 : 0));
    expect(deviation(spectralRadius(companion, size), radius)).toBeLessThan(1e-12);
  });

  it.each([2, 50, 400, 3000])("is 1 for a permutation of %i units, all eigenvalues on the circle", (size) => {
    const order = permutation(size, random(1, "permutation"));
    expect(
      deviation(
        spectralRadius(
          matrixOf(size, (i, j) => (order[i] === j ? 1 : 0)),
          size,
        ),
        1,
      ),
    ).toBeLessThan(1e-12);
  });

  it("is the geometric mean of the weights of one long cycle, beyond the range of their product", () => {
    const size = 600;
    const cycle = matrixOf(size, (i, j) => (j === (i + 1) % size ? (i % 3 === 0 ? 1e-30 : 1e20) : 0));
    expect(deviation(spectralRadius(cycle, size), 10 ** (10 / 3))).toBeLessThan(1e-6);
  });

  it("is 1 for an orthogonal matrix, where no Ritz value settles before the last", () => {
    const size = 150;
    const orthogonal = similar(
      besides(Array.from({ length: size / 2 }, (_, k) => rotation(1, (Math.PI * (k + 0.5)) / (size / 2)))),
      size,
      1,
      1,
    );
    expect(deviation(spectralRadius(orthogonal, size), 1)).toBeLessThan(1e-5);
  });

  it("is 0 for a matrix of zeros and for networks without cycles, in any order of units", () => {
    const size = 200;
    const source = random(2, "triangle");
    const triangle = matrixOf(size, (i, j) => (i < j ? source.normal(1) : 0));
    expect(spectralRadius(new Float32Array(25), 5)).toBe(0);
    expect(spectralRadius(triangle, size)).toBe(0);
    expect(spectralRadius(permuted(triangle, size, permutation(size, source)), size)).toBe(0);
  });

  it("is the exact diagonal of a hidden triangular matrix, however large the rest", () => {
    const size = 300;
    const source = random(3, "triangle");
    const triangle = matrixOf(size, (i, j) => (i < j ? source.normal(50) : i === j ? (i % 7) / 8 : 0));
    expect(spectralRadius(permuted(triangle, size, permutation(size, source)), size)).toBe(0.75);
  });

  it("is nearly 0 for a dense nilpotent matrix", () => {
    expect(spectralRadius(Float32Array.of(1, 1, -1, -1), 2)).toBeLessThan(1e-7);
  });

  it.each([5, 300])("is |trace| for a matrix of rank one and %i units", (size) => {
    const source = random(4, "rank one");
    const from = Float32Array.from({ length: size }, () => source.uniform(0.5, 1));
    const to = Float32Array.from({ length: size }, () => source.uniform(-1, 0.5));
    const matrix = matrixOf(size, (i, j) => from[i] * to[j]);
    let trace = 0;
    for (let i = 0; i < size; i++) trace += matrix[i * size + i];
    expect(deviation(spectralRadius(matrix, size), Math.abs(trace))).toBeLessThan(1e-5);
  });

  it("finds the eigenvalue of a defective block to the root of the rounding error", () => {
    const jordan = matrixOf(40, (i, j) => (i === j ? 0.9 : j === i + 1 && i < 2 ? 1 : 0));
    const hidden = similar(jordan, 40, 1, 5);
    expect(deviation(spectralRadius(hidden, 40), 0.9)).toBeLessThan(0.02);
  });

  it.each(
    [64, 128, 256, 512].flatMap((size) =>
      [1, 30].flatMap((condition) => [1e-4, 2e-3, 2e-2].map((gap) => ({ size, condition, gap }))),
    ),
  )(
    "finds a complex pair among close competitors: $size units, condition $condition, gap $gap",
    ({ size, condition, gap }) => {
      const source = random(size, "competitors");
      const inside = 1 - gap;
      const inner = Array.from({ length: size / 2 - 3 }, () =>
        rotation(inside * Math.sqrt(source.uniform(0, 1)), source.uniform(0, Math.PI)),
      );
      const blocks = [
        rotation(1, 1),
        rotation(inside, 2),
        { neurons: 2, entries: [inside, 0, 0, -inside] },
        ...inner,
      ];
      const hidden = similar(besides(blocks), size, condition, 6);
      // the entries are rounded to single precision: 6e-8 of their size, times the condition
      expect(deviation(spectralRadius(hidden, size), 1)).toBeLessThan(2e-5);
    },
  );
});

describe("spectralRadius of random matrices", () => {
  it.each([1, 2, 3, 4])("agrees with a full decomposition, seed %i", (seed) => {
    const size = 140 + 15 * seed;
    const source = random(seed, "decomposition");
    const matrix = matrixOf(size, () => (source.uniform(0, 1) < 0.22 ? source.uniform(-1, 1) : 0));
    expect(deviation(spectralRadius(matrix, size), radiusByDecomposition(matrix, size))).toBeLessThan(1e-6);
  });

  it("agrees with a full decomposition of small dense matrices", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 24 }), (seed, size) => {
        const source = random(seed, "small");
        const matrix = matrixOf(size, () => source.normal(1));
        expect(deviation(spectralRadius(matrix, size), radiusByDecomposition(matrix, size))).toBeLessThan(
          1e-6,
        );
      }),
    );
  });

  const small = squareMatrix(70);

  it("is the same for the same matrix, and leaves it as it is", () => {
    fc.assert(
      fc.property(small, ({ neurons, entries }) => {
        const before = entries.slice();
        expect(spectralRadius(entries, neurons)).toBe(spectralRadius(before, neurons));
        expect(entries).toEqual(before);
      }),
    );
  });

  it("grows with the matrix", () => {
    fc.assert(
      fc.property(
        small,
        fc.integer({ min: -60, max: 60 }),
        fc.boolean(),
        ({ neurons, entries }, power, negative) => {
          const factor = 2 ** power;
          const scaled = entries.map((entry) => (negative ? -factor : factor) * entry);
          expect(spectralRadius(scaled, neurons) / factor).toBeCloseTo(spectralRadius(entries, neurons), 5);
        },
      ),
    );
  });

  it("does not change when transposed, or when the units change places", () => {
    fc.assert(
      fc.property(small, fc.integer(), ({ neurons, entries }, seed) => {
        const radius = spectralRadius(entries, neurons);
        const transposed = matrixOf(neurons, (i, j) => entries[j * neurons + i]);
        const order = permutation(neurons, random(seed, "order"));
        expect(spectralRadius(transposed, neurons)).toBeCloseTo(radius, 5);
        expect(spectralRadius(permuted(entries, neurons, order), neurons)).toBeCloseTo(radius, 5);
      }),
    );
  });

  it("does not change when each unit is measured on a scale of its own", () => {
    fc.assert(
      fc.property(small, fc.integer(), ({ neurons, entries }, seed) => {
        const source = random(seed, "scales");
        const scales = Array.from({ length: neurons }, () => 2 ** (source.integer(41) - 20));
        const scaled = matrixOf(neurons, (i, j) => (entries[i * neurons + j] * scales[j]) / scales[i]);
        expect(spectralRadius(scaled, neurons)).toBeCloseTo(spectralRadius(entries, neurons), 5);
      }),
    );
  });

  it("is the largest of blocks that do not act on each other, or only one way", () => {
    fc.assert(
      fc.property(squareMatrix(30), squareMatrix(30), fc.boolean(), (one, other, coupled) => {
        const matrix = besides([one, other]);
        const size = one.neurons + other.neurons;
        if (coupled) for (let i = 0; i < one.neurons; i++) matrix[i * size + one.neurons] = 7;
        const blocks = [one, other].map(({ entries, neurons }) => spectralRadius(entries, neurons));
        expect(spectralRadius(matrix, size)).toBeCloseTo(Math.max(...blocks), 5);
      }),
    );
  });

  it("refuses what is not a square matrix of numbers", () => {
    expect(() => spectralRadius(new Float32Array(5), 2)).toThrow(/given 5 numbers for 2 neurons, needed 4/);
    expect(() => spectralRadius(Float32Array.of(1, 0, Number.NaN, 1), 2)).toThrow(/entry \[1, 0\] is NaN/);
    expect(() => spectralRadius(Float32Array.of(Infinity), 1)).toThrow(/Infinity/);
  });
});
