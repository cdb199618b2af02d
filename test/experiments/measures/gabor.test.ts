import { describe, expect, it } from "vitest";
import { gaborImages } from "../../../src/experiments/measures/gabor-images.js";
import { psychometric } from "../../../src/experiments/measures/psychometric.js";
import { training } from "../../../src/experiments/measures/training.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { gaborImage } from "../../../src/streams/tasks/gabor.js";
import { rejectionOf } from "../../error-of.js";
import { imageRun, writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const run = (noise: number): RunInput => ({
  network: { preset: "chain", neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
  rule: "STE",
  batch: 25,
  optimiser: { kind: "adam", learningRate: 0.02 },
  schedule: { kind: "phased", epochs: 12 },
  stimuli: { gabor: { source: "gabor", noise, trainingImages: 200, testImages: 50 } },
});

describe("the measure psychometric", () => {
  it("finds a curve that rises from left to right, and the accuracy that training ended with", async () => {
    const { rows, live } = await measured(psychometric, run(0.5), { by: 4, images: 20 });
    expect(live).toBe(0);
    expect(rows.map(({ degrees }) => degrees)).toEqual([-12, -8, -4, 0, 4, 8, 12]);
    const answers = rows.map(({ answeredRight }) => answeredRight);
    expect(answers.slice(0, 3)).toEqual([0, 0, 0]);
    expect(answers.slice(4)).toEqual([100, 100, 100]);
    const confidence = (degrees: number) =>
      Number(rows.find((row) => row.degrees === degrees)?.confidenceRight);
    expect(confidence(-4)).toBeLessThan(confidence(0));
    expect(confidence(0)).toBeLessThan(confidence(4));
    expect(confidence(-12)).toBeLessThan(0.1);
    expect(confidence(12)).toBeGreaterThan(0.9);
    const trained = (await measured(training, run(0.5))).rows;
    for (const { testAccuracy } of rows) expect(testAccuracy).toBe(trained.at(-1)?.testAccuracy);
  });

  it("needs gabor patches", async () => {
    for (const measure of [psychometric, gaborImages]) {
      const { code, message } = await rejectionOf(measured<never>(measure as never, imageRun, {}, folder));
      expect(code).toBe("INVALID_DESCRIPTION");
      expect(message).toContain("run.stimuli");
    }
  });
});

describe("the measure gabor-images", () => {
  it("tells every pixel of a patch that tilts to the left, or as far as it is asked", async () => {
    const { rows } = await measured(gaborImages, run(0.2));
    const wanted = gaborImage({ degrees: -6, noise: 0.2, seed: 1 });
    expect(rows).toHaveLength(1024);
    for (const { x, y, brightness } of rows) expect(brightness).toBe(wanted[Number(y) * 32 + Number(x)]);
    const upright = (await measured(gaborImages, run(0), { degrees: 0 })).rows;
    // the stripes of an upright grating: every row is symmetric
    for (const { x, y, brightness } of upright)
      expect(brightness).toBeCloseTo(Number(upright[Number(y) * 32 + 31 - Number(x)].brightness), 6);
  });
});
