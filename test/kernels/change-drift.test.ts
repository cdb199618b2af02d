import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Activation, Kernels, Propagated, Tensor } from "../../src/kernels/kernels.js";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { numbers } from "../arbitraries/kernel-cases.js";
import { openBackends } from "./open-backends.js";

const exactBackends: string[] = [];
for (const name of openBackends) {
  const kernels = await openKernels(name);
  if (kernels.exact) exactBackends.push(name);
  kernels.close();
}

/** Activations of slope 1 at most. */
const lipschitz: readonly Activation[] = ["tanh", "sigmoid", "relu", "relu6", "hardSigmoid", "linear"];

/** float32 has 24 bits, and a sum of so many terms loses few of them. */
const rounding = 1e-5;

const drivenCase = fc
  .record({ batch: fc.integer({ min: 1, max: 3 }), neurons: fc.integer({ min: 2, max: 24 }) })
  .chain(({ batch, neurons }) =>
    fc.record({
      batch: fc.constant(batch),
      neurons: fc.constant(neurons),
      matrix: numbers(neurons * neurons),
      /** the largest column sum of |W| */
      norm: fc.constantFrom(0.2, 0.7, 0.95, 1.2),
      activation: fc.constantFrom(...lipschitz),
      epsilon: fc.constantFrom(0, 1e-3, 0.02, 0.3),
      from: numbers(batch * neurons),
      drives: fc.array(numbers(batch * neurons), { minLength: 1, maxLength: 12 }),
      /** ticks from one full product to the next */
      fullEvery: fc.constantFrom(1, 5, 1000),
    }),
  );

function scaledTo(norm: number, matrix: Float32Array, neurons: number): Float32Array {
  const columns = Array.from({ length: neurons }, (_, to) =>
    matrix.reduce((sum, value, index) => sum + (index % neurons === to ? Math.abs(value) : 0), 0),
  );
  const largest = Math.max(...columns);
  return largest === 0 ? matrix : matrix.map((value) => (value * norm) / largest);
}

const furthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index])), 0);

describe.each(exactBackends)("changes alone, on %s", (name) => {
  let kernels: Kernels;

  beforeAll(async () => {
    kernels = await openKernels(name);
  });

  afterAll(() => {
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("keep to full products within epsilon L (1 + L + ... + L^(k-1)), and to spoken within epsilon", () =>
    fc.assert(
      fc.asyncProperty(drivenCase, async (given) => {
        const { batch, neurons, activation, epsilon, norm, fullEvery } = given;
        const shape = [batch, neurons];
        const matrix = kernels.matrix(sparseWeights(scaledTo(norm, given.matrix, neurons), neurons));
        let whole = kernels.tensor(given.from, shape);
        let state = kernels.tensor(given.from, shape);
        let remembered: Propagated | null = null;
        let bound = 0;
        const replace = (before: Tensor, after: Tensor): Tensor => {
          kernels.dispose(before);
          return after;
        };
        const forget = () => {
          for (const tensor of remembered ? [remembered.spoken, remembered.sum] : []) kernels.dispose(tensor);
        };
        for (const [tick, data] of given.drives.entries()) {
          const drive = kernels.tensor(data, shape);
          const request = { matrix, activation, drive, iterations: 1 };
          const changes = { epsilon, remembered: tick % fullEvery === 0 ? null : remembered };
          const [exact, told] = kernels.settle([
            { ...request, from: whole },
            { ...request, from: state, changes },
          ]);
          forget();
          remembered = told.propagated!;
          const [before, spoken] = [await kernels.read(state), await kernels.read(remembered.spoken)];
          whole = replace(whole, exact.state);
          state = replace(state, told.state);
          kernels.dispose(drive);
          bound = norm * (epsilon + bound);
          expect(furthest(before, spoken)).toBeLessThanOrEqual(epsilon);
          if (tick % fullEvery === 0) expect(spoken).toEqual(before);
          const drift = furthest(await kernels.read(whole), await kernels.read(state));
          expect(drift).toBeLessThanOrEqual(bound + rounding * (tick + 1));
        }
        forget();
        for (const handle of [whole, state, matrix]) kernels.dispose(handle);
      }),
    ));
});
