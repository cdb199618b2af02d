import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { spectralRadius } from "../../../src/model/spectral-radius.js";
import { benchWeights, iterationCost } from "../../../src/simulation/bench/sparse-module.js";
import { fullEffort } from "../../../src/simulation/bench/timing.js";

describe("connections of a sweep", () => {
  it.each([
    [256, 0.25],
    [512, 64 / 512],
    [256, 1],
  ])(
    "of %i neurons at rate %f are as many as a module's, and of its spectral radius, nearly",
    (neurons, rate) => {
      const weights = benchWeights(neurons, rate);
      const connections = weights.values.length;
      // positions are drawn with replacement: n^2 (1 - e^-rate) of them differ
      expect(connections / (neurons ** 2 * (1 - Math.exp(-rate)))).toBeCloseTo(1, 1);
      expect(Math.abs(spectralRadius(weights) - 0.25)).toBeLessThan(0.05);
    },
  );

  it("cost an iteration, and leave nothing behind", async () => {
    const kernels = await openKernels("reference");
    const weights = benchWeights(64, 0.25);
    const connections = weights.values.length;
    const matrix = kernels.matrix(weights);
    const cost = await iterationCost(kernels, { matrix, connections }, 3, fullEffort(0));
    expect(cost).toMatchObject({ neurons: 64, connections, batch: 3 });
    const nanoseconds = (cost.us_per_iteration * 1000) / (connections * 3);
    expect(cost.ns_per_connection / nanoseconds).toBeCloseTo(1, 1);
    kernels.dispose(matrix);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
