import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/experiments/measure.js";
import { errorMagnitudes } from "../../../src/experiments/measures/error-magnitudes.js";
import { training } from "../../../src/experiments/measures/training.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { rejectionOf } from "../../error-of.js";
import { imageRun, writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const short: RunInput = { ...imageRun, schedule: { kind: "phased", epochs: 2 } };
const magnitudes = async (run: RunInput): Promise<readonly Row[]> =>
  (await measured(errorMagnitudes, run, {}, folder)).rows;
const ofLayer = (rows: readonly Row[], layer: string): number[] =>
  rows.filter((row) => row.layer === layer).map(({ error }) => Number(error));

describe("the measure error-magnitudes", () => {
  it("tells the accuracies of training, then every SI neuron and every output, from input to output", async () => {
    const { rows, live, shares } = await measured(errorMagnitudes, short, {}, folder);
    expect(live).toBe(0);
    expect(shares.at(-1)).toBe(1);
    const epochs = rows.filter(({ part }) => part === "epoch");
    const trained = (await measured(training, short, {}, folder)).rows;
    expect(epochs.map(({ testAccuracy }) => testAccuracy)).toEqual(
      trained.map(({ testAccuracy }) => testAccuracy),
    );
    const neurons = rows.filter(({ part }) => part === "neuron");
    expect(neurons.map(({ neuron }) => neuron)).toEqual(Array.from({ length: 16 + 16 + 10 }, (_, i) => i));
    expect([...new Set(neurons.map(({ layer }) => layer))]).toEqual(["m1", "m2", "out"]);
    expect(new Set(rows.map((row) => Object.keys(row).join())).size).toBe(1);
    expect(neurons.every(({ error }) => Number(error) > 0)).toBe(true);
  });

  it("finds errors that go with a power of a small beta, by their distance to the output", async () => {
    const drawn: RunInput = { ...imageRun, rule: "STE", schedule: { kind: "phased", epochs: 0 } };
    const [small, twice] = [
      await magnitudes({ ...drawn, beta: 0.02 }),
      await magnitudes({ ...drawn, beta: 0.04 }),
    ];
    for (const [layer, power] of [
      ["out", 0],
      ["m2", 1],
      ["m1", 2],
    ] as const) {
      const mean = (rows: readonly Row[]) => ofLayer(rows, layer).reduce((sum, error) => sum + error, 0);
      expect(mean(twice) / mean(small)).toBeCloseTo(2 ** power, 1);
    }
  });

  it("refuses a block that no module has, before it trains", async () => {
    const { code } = await rejectionOf(measured(errorMagnitudes, short, { block: "XX" }, folder));
    expect(code).toBe("INVALID_DESCRIPTION");
  });

  it("ends when it is told to", async () => {
    const given = { ...short, schedule: { kind: "phased" as const, epochs: 1000 } };
    const reason = new Error("enough");
    await expect(measured(errorMagnitudes, given, {}, folder, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});
