import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { TrainingEvent } from "../../src/simulation/train.js";
import { temporaryFolder } from "../temporary-folder.js";
import { trainingOf, trainOn, twoTaskRun, writeTwoSets } from "./small-runs.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const sequential = (epochs: number) => ({
  ...twoTaskRun,
  network: { preset: "shared-modules", neurons: 128, spectralRadius: 0.8, tasks: ["mnist", "fashion-mnist"] },
  schedule: { kind: "phased", epochs, tasks: "sequential" },
});

describe("training one task after the other", () => {
  it("learns both, and tests both after every epoch", async () => {
    const kernels = await openKernels("simd");
    const training = trainingOf(kernels, sequential(6), folder);
    const { epochs, batches } = await trainOn(training);
    // 230 and 170 images by 20
    expect([epochs.length, batches]).toEqual([12, 6 * 12 + 6 * 9]);
    for (const [epoch, { mnist, "fashion-mnist": fashion }] of epochs.entries()) {
      expect([mnist.trainLoss === null, fashion.trainLoss === null]).toEqual([epoch >= 6, epoch < 6]);
      expect([mnist.trainAccuracy === null, fashion.trainAccuracy === null]).toEqual([epoch >= 6, epoch < 6]);
      for (const { testLoss, testAccuracy } of [mnist, fashion]) {
        expect(testLoss).toBeGreaterThan(0);
        expect(testAccuracy).toBeGreaterThanOrEqual(0);
      }
    }
    expect(epochs[5].mnist.testAccuracy).toBeGreaterThan(40);
    expect(epochs[11]["fashion-mnist"].testAccuracy).toBeGreaterThan(40);
    // a task's own pathways stay as they are while the other learns
    expect(epochs[11].mnist).toMatchObject({ testLoss: epochs[5].mnist.testLoss });
    expect(epochs[0]["fashion-mnist"].testLoss).toBe(epochs[5]["fashion-mnist"].testLoss);
    training.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("counts the epochs of all tasks", async () => {
    const kernels = await openKernels("reference");
    const training = trainingOf(kernels, { ...sequential(1), batch: 100 }, folder);
    const told: TrainingEvent[] = [];
    for await (const event of training.epochs()) if (event.kind === "epoch") told.push(event);
    expect(told).toMatchObject([
      { epoch: 1, epochs: 2 },
      { epoch: 2, epochs: 2 },
    ]);
    training.close();
    kernels.close();
  });
});
