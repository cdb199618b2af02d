import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import { temporaryFolder } from "../temporary-folder.js";
import { imageRun, trainingOf, trainOn, writeTwoSets } from "./small-runs.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const layers = (rule: string, feedback: string, modules = 2) => ({
  ...imageRun,
  rule,
  network: { preset: "feedforward", modules, neurons: 32, feedback, task: "mnist" },
  optimiser: { kind: "adam", learningRate: 0.003 },
});

describe("a run of layers without recurrence", () => {
  it.each([
    ["BP", "transposed", 1],
    ["BP", "transposed", 3],
    ["FA", "random", 2],
    ["FA", "direct", 2],
  ])("learns by %s, feedback %s, layers %i", async (rule, feedback, modules) => {
    const kernels = await openKernels("simd");
    const training = trainingOf(kernels, layers(rule, feedback, modules), folder);
    const { epochs } = await trainOn(training);
    expect(epochs[3].mnist.testAccuracy).toBeGreaterThan(50);
    training.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("is the same by changes alone and by a tolerance, as each layer makes one iteration", async () => {
    const kernels = await openKernels("reference");
    const results = [];
    for (const options of [{}, { propagation: { epsilon: 0.1 }, iterations: { tolerance: 0.1 } }]) {
      const training = trainingOf(kernels, { ...layers("BP", "transposed"), ...options }, folder);
      results.push((await trainOn(training)).epochs);
      training.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
