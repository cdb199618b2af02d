import { afterAll, describe, expect, it } from "vitest";
import type { Activation, Kernels, Nonlinearity } from "../../../src/kernels/kernels.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { activations } from "../../arbitraries/kernel-cases.js";
import { openVariant, variants } from "./engines.js";

const step = 2 ** -10;

/** [-12, 12], ascending, with zero in the middle. */
const grid = Float32Array.from({ length: 24 / step + 1 }, (_, index) => index * step - 12);

/** f of each number, by a module of one neuron that hears only its drive. */
async function apply(kernels: Kernels, activation: Activation, given: Float32Array): Promise<Float32Array> {
  const matrix = kernels.matrix(sparseWeights(new Float32Array(1), 1));
  const drive = kernels.tensor(given, [given.length, 1]);
  const [{ state }] = kernels.settle([{ matrix, activation, from: "zero", drive, iterations: 1 }]);
  const result = await kernels.read(state);
  for (const handle of [matrix, drive, state]) kernels.dispose(handle);
  return result;
}

/** A readout of rows of sums. */
async function output(kernels: Kernels, sums: readonly number[], batch: number, nonlinearity: Nonlinearity) {
  const size = sums.length;
  const ones = kernels.tensor(new Float32Array(batch).fill(1), [batch, 1]);
  const weights = kernels.tensor(Float32Array.from(sums), [1, size]);
  const term = { source: ones, block: [0, 1], weights, scale: 1, target: [0, size] } as const;
  const made = kernels.readout({ batch, size, terms: [term], nonlinearity });
  const result = await kernels.read(made);
  for (const handle of [ones, weights, made]) kernels.dispose(handle);
  return result;
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index])), 0);

describe.each(variants)("functions in %s", (variant) => {
  const { kernels } = openVariant(variant, 1);
  afterAll(() => kernels.close());

  it("tanh is right to 1e-6, odd, within [-1, 1] and ascending but for rounding", async () => {
    const found = await apply(kernels, "tanh", grid);
    expect(largestGap(found, grid.map(Math.tanh))).toBeLessThan(1e-6);
    const mirrored = await apply(
      kernels,
      "tanh",
      grid.map((x) => 0 - x),
    );
    expect(found.map((y) => 0 - y)).toEqual(mirrored);
    expect(Math.max(...found.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(found[12 / step]).toBe(0);
    for (let index = 1; index < found.length; index++) {
      expect(found[index]).toBeGreaterThanOrEqual(found[index - 1] - 2 ** -23);
    }
    // far out nothing moves any more
    expect(await apply(kernels, "tanh", Float32Array.of(1e30, Number.POSITIVE_INFINITY, -1e30))).toEqual(
      Float32Array.of(found[found.length - 1], found[found.length - 1], found[0]),
    );
  });

  it("sigmoid is right to 1e-6 and within [0, 1]", async () => {
    const found = await apply(kernels, "sigmoid", grid);
    const exact = grid.map((x) => 1 / (1 + Math.exp(-x)));
    expect(largestGap(found, exact)).toBeLessThan(1e-6);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...found)).toBeLessThanOrEqual(1);
  });

  it("NaN stays NaN through every nonlinearity", async () => {
    for (const activation of activations) {
      const found = await apply(kernels, activation, new Float32Array(20).fill(Number.NaN));
      expect(found.every(Number.isNaN), activation).toBe(true);
    }
    for (const batch of [1, 20]) {
      for (const sums of [
        [Number.NaN, 0, 1],
        [0, 1, Number.NaN],
      ]) {
        const found = await output(kernels, sums, batch, "softmax");
        expect(found.every(Number.isNaN)).toBe(true);
      }
    }
  });

  it.each([1, 20])("softmax of a batch of %d is right, sums to 1 and does not overflow", async (batch) => {
    const cases = [
      [0],
      [1e4, -1e4, 1e4],
      [-1e4, -1e4 - 1, -1e4 + 1],
      [3e38, 3e38, -3e38],
      Array.from({ length: 37 }, (_, index) => Math.sin(index) * 9),
    ];
    for (const sums of cases) {
      const found = await output(kernels, sums, batch, "softmax");
      const exact = sums.map((x) => Math.exp(Math.fround(x) - Math.fround(Math.max(...sums))));
      const total = exact.reduce((sum, x) => sum + x, 0);
      for (let row = 0; row < batch; row++) {
        const own = found.subarray(row * sums.length, (row + 1) * sums.length);
        expect(own.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 5);
        expect(
          largestGap(
            own,
            exact.map((x) => x / total),
          ),
        ).toBeLessThan(1e-6);
      }
    }
  });
});
