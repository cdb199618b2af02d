import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { spectralRadius } from "../../../src/model/spectral-radius.js";
import { drawConnections, iterationCost } from "../../../src/simulation/bench/sparse-module.js";
import { fullEffort } from "../../../src/simulation/bench/timing.js";

describe("connections of a sweep", () => {
  it.each([
    [256, 0.25],
    [512, 64 / 512],
    [256, 1],
  ])(
    "of %i neurons at rate %f are as many as a module's, and of its spectral radius, nearly",
    (neurons, rate) => {
      const { weights, connections } = drawConnections(neurons, rate);
      expect(weights.filter((weight) => weight !== 0).length).toBe(connections);
      // positions are drawn with replacement: n^2 (1 - e^-rate) of them differ
      expect(connections / (neurons ** 2 * (1 - Math.exp(-rate)))).toBeCloseTo(1, 1);
      expect(Math.abs(spectralRadius(weights, neurons) - 0.25)).toBeLessThan(0.05);
    },
  );

  it("cost an iteration, and leave nothing behind", async () => {
    const kernels = await openKernels("reference");
    const drawn = drawConnections(64, 0.25);
    const matrix = kernels.matrix(drawn.weights, 64);
    const cost = await iterationCost(kernels, drawn, matrix, 3, fullEffort(0));
    expect(cost).toMatchObject({ neurons: 64, connections: drawn.connections, batch: 3 });
    const nanoseconds = (cost.us_per_iteration * 1000) / (drawn.connections * 3);
    expect(cost.ns_per_connection / nanoseconds).toBeCloseTo(1, 1);
    kernels.dispose(matrix);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
