import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activation } from "../../src/kernels/kernels.js";
import {
  denseWeights,
  type SparseWeights,
  scaledWeights,
  sparseWeights,
} from "../../src/kernels/sparse-weights.js";
import { lyapunovExponent, type Perturbed, perturbationGrowth } from "../../src/model/lyapunov.js";
import { random } from "../../src/model/random.js";
import { recurrentWeights } from "../../src/model/recurrent-weights.js";
import { spectralRadius } from "../../src/model/spectral-radius.js";
import { seeded } from "../arbitraries/seeded.js";
import { errorOf } from "../error-of.js";

const drawn = (neurons: number, radius: number, seed: number): SparseWeights =>
  recurrentWeights({ neurons, connectionRate: 0.5, spectralRadius: radius }, random(seed, "W"));

/** A random start and direction. */
function from(neurons: number, seed: number): Pick<Perturbed, "start" | "perturbation"> {
  const source = random(seed, "start");
  return {
    start: Float64Array.from({ length: neurons }, () => source.uniform(-1, 1)),
    perturbation: Float64Array.from({ length: neurons }, () => source.normal(1)),
  };
}

/** [steps] */
const growthOf = (perturbed: Perturbed, steps: number): Float64Array => {
  const growth = perturbationGrowth(perturbed);
  return Float64Array.from({ length: steps }, () => growth.next().value);
};

/** The mean growth without the steps in which the direction is still found. */
function exponentOf(
  weights: SparseWeights,
  activation: Activation,
  seed: number,
  steps = 1500,
  drive?: Float64Array,
) {
  const growth = growthOf({ weights, activation, drive, ...from(weights.neurons, seed) }, steps);
  return lyapunovExponent(growth.subarray(200));
}

/** Mean of g(z) over normal z, by the trapezoidal rule. */
function normalMean(g: (z: number) => number): number {
  const [step, end] = [0.01, 8];
  let sum = 0;
  for (let z = -end; z <= end; z += step) sum += g(z) * Math.exp(-(z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

/**
 * What a large random module of tanh units tends to, by mean-field theory: variance `q = g^2 E[tanh^2(sqrt(q) z)] + s^2`
 * of u, exponent `1/2 log(g^2 E[f'(sqrt(q) z)^2])`.
 */
function meanField(g: number, driveDeviation: number): number {
  let q = 1;
  for (let i = 0; i < 500; i++)
    q = g * g * normalMean((z) => Math.tanh(Math.sqrt(q) * z) ** 2) + driveDeviation ** 2;
  return 0.5 * Math.log(g * g * normalMean((z) => (1 - Math.tanh(Math.sqrt(q) * z) ** 2) ** 2));
}

describe("the maximum Lyapunov exponent", () => {
  it("of a linear module is the logarithm of its spectral radius, real or complex eigenvalues alike", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0.2, max: 1.2, noNaN: true }),
        (seed, radius) => {
          const weights = drawn(16, radius, seed);
          const wanted = Math.log(spectralRadius(weights));
          expect(Math.abs(exponentOf(weights, "linear", seed, 3000) - wanted)).toBeLessThan(0.01);
        },
      ),
      seeded(20),
    );
  });

  it("of a linear module grows along its directions as their eigenvalues say, from the first step on", () => {
    const weights = sparseWeights(Float32Array.of(0.5, 0, 0, 0.25), 2);
    const along = (perturbation: number[]) =>
      growthOf({ weights, activation: "linear", start: [1, 1], perturbation }, 3);
    expect([...along([3, 0])]).toEqual([0.5, 0.5, 0.5].map(Math.log));
    expect([...along([0, 1])]).toEqual([0.25, 0.25, 0.25].map(Math.log));
    expect(along([1, 1])[0]).toBeCloseTo(Math.log(Math.hypot(0.5, 0.25) / Math.SQRT2), 12);
  });

  it.each([0.05, 0.3, 0.8])(
    "of tanh units at rest is that of the linear module: spectral radius %d",
    (radius) => {
      expect(exponentOf(drawn(128, radius, 3), "tanh", 3)).toBeCloseTo(Math.log(radius), 2);
    },
  );

  it.each([1.5, 2, 3])("is above zero, as mean-field theory says: g = %d", (g) => {
    // scaled by the variance that the theory asks for, not by the largest eigenvalue
    const neurons = 400;
    const weights = drawn(neurons, 1, 5);
    const variance = weights.values.reduce((sum, value) => sum + value * value, 0) / neurons;
    const exponent = exponentOf(scaledWeights(weights, g / Math.sqrt(variance)), "tanh", 5, 700);
    expect(exponent).toBeGreaterThan(0);
    expect(Math.abs(exponent - meanField(g, 0))).toBeLessThan(0.04);
  });

  it("falls with a drive, which saturates units, as mean-field theory says", () => {
    const neurons = 400;
    const source = random(7, "drive");
    const drive = Float64Array.from({ length: neurons }, () => source.normal(1));
    const weights = drawn(neurons, 0.8, 7);
    const variance = weights.values.reduce((sum, value) => sum + value * value, 0) / neurons;
    const exponent = exponentOf(weights, "tanh", 7, 700, drive);
    expect(exponent).toBeLessThan(Math.log(0.8) - 0.1);
    expect(Math.abs(exponent - meanField(Math.sqrt(variance), 1))).toBeLessThan(0.04);
  });

  it("is the growth of the distance between two close trajectories", () => {
    const neurons = 40;
    const weights = drawn(neurons, 1.4, 11);
    const { start, perturbation } = from(neurons, 11);
    const steps = 5;
    const growth = growthOf({ weights, activation: "tanh", start, perturbation }, steps);
    const length = Math.hypot(...Array.from(perturbation));
    const next = (u: number[]): number[] => {
      const result = new Array<number>(neurons).fill(0);
      for (let i = 0; i < neurons; i++)
        for (let k = weights.rows[i]; k < weights.rows[i + 1]; k++)
          result[weights.columns[k]] += Math.tanh(u[i]) * weights.values[k];
      return result;
    };
    const epsilon = 1e-7;
    let one = next(Array.from(start));
    let other = one.map((u, i) => u + (epsilon * perturbation[i]) / length);
    for (let n = 0; n < steps; n++) [one, other] = [next(one), next(other)];
    const distance = Math.hypot(...one.map((u, i) => u - other[i]));
    expect(Math.log(distance / epsilon)).toBeCloseTo(
      growth.reduce((sum, value) => sum + value, 0),
      5,
    );
  });

  it("is minus infinity where nothing is left of a perturbation", () => {
    const growth = growthOf({ weights: drawn(8, 1, 1), activation: "sign", ...from(8, 1) }, 4);
    expect(lyapunovExponent(growth)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("of a module that goes a part of its way is that of W with a leak on the diagonal", () => {
    const weights = drawn(12, 1.3, 2);
    const timeStep = 0.3;
    const leaky = denseWeights(weights).map(
      (value, at) => timeStep * value + (at % 13 === 0 ? 1 - timeStep : 0),
    );
    for (const activation of ["tanh", "linear"] as const) {
      const given = { activation, ...from(12, 2) };
      const growth = growthOf({ ...given, weights, timeStep }, 20);
      growthOf({ ...given, weights: sparseWeights(leaky, 12) }, 20).forEach((value, step) => {
        expect(growth[step]).toBeCloseTo(value, 5);
      });
    }
  });

  it("takes the first steps for its finite-time form", () => {
    expect(lyapunovExponent(Float64Array.of(1, 3, 8), 2)).toBe(2);
    expect(lyapunovExponent(Float64Array.of(1, 3, 8))).toBe(4);
  });

  it("refuses vectors of another length, a perturbation of none, and a state without bounds", () => {
    const weights = drawn(8, 4, 1);
    const good = { weights, activation: "linear" as const, ...from(8, 1) };
    const codeOf = (changed: Partial<Perturbed>) => errorOf(() => growthOf({ ...good, ...changed }, 3)).code;
    expect(codeOf({ start: [1] })).toBe("SHAPE_MISMATCH");
    expect(codeOf({ drive: [1] })).toBe("SHAPE_MISMATCH");
    expect(codeOf({ perturbation: new Float64Array(8) })).toBe("INVALID_ARGUMENT");
    expect(codeOf({ start: new Float64Array(8).fill(Number.MAX_VALUE), activation: "relu" })).toBe(
      "NOT_FINITE",
    );
  });
});
