import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/experiments/measure.js";
import { trajectories } from "../../../src/experiments/measures/trajectories.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { writeTwoSets } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { measured } from "./in-context.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const run = (rule: "STE" | "EPE", epochs = 1): RunInput => ({
  network: { preset: "chain", neurons: 64, spectralRadius: 0.5, task: "mnist" },
  rule,
  batch: 20,
  optimiser: { kind: "adam", learningRate: 0.01 },
  schedule: { kind: "phased", epochs },
  stimuli: { mnist: { source: "mnist" } },
});

const point = ({ pc1, pc2, pc3 }: Row): number[] => [pc1, pc2, pc3].map(Number);
const of = (rows: readonly Row[], phase: string, iterations: string): Row[] =>
  rows.filter((row) => row.phase === phase && row.iterations === iterations);

describe("the measure trajectories", () => {
  it.each(["STE", "EPE"] as const)(
    "follows both phases of a module from start to end, with %s",
    async (rule) => {
      const { rows, live } = await measured(
        trajectories,
        run(rule),
        { inference: [3, 6], learning: 4 },
        folder,
      );
      expect(live).toBe(0);
      for (const [iterations, inferred] of [
        ["3-4", 3],
        ["6-4", 6],
      ] as const) {
        const [inference, learning] = [of(rows, "inference", iterations), of(rows, "learning", iterations)];
        expect(inference.map(({ step }) => step)).toEqual(Array.from({ length: inferred + 1 }, (_, i) => i));
        expect(learning.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
        const start = rule === "STE" ? inference[0] : inference[inferred];
        for (const [k, value] of point(start).entries()) expect(point(learning[0])[k]).toBeCloseTo(value, 9);
      }
      expect(rows).toHaveLength(4 + 7 + 2 * 5);
      // one presentation of one example: the longer inference phase begins as the shorter one
      of(rows, "inference", "3-4").forEach((row, i) => {
        for (const [k, value] of point(row).entries())
          expect(value).toBeCloseTo(point(of(rows, "inference", "6-4")[i])[k], 9);
      });
      for (const { explained } of rows) {
        expect(explained).toBeGreaterThan(80);
        expect(explained).toBeLessThanOrEqual(100 + 1e-9);
      }
    },
  );

  it.each(["STE", "EPE"] as const)(
    "finds the end-point error once both phases have settled, with %s",
    async (rule) => {
      const { rows } = await measured(trajectories, run(rule, 0), { inference: [2, 5, 40] }, folder);
      const cosines = (iterations: string) => of(rows, "learning", iterations).map(({ cosine }) => cosine);
      const settled = cosines("40-40");
      expect(settled[0]).toBe(null);
      expect(settled.at(-1)).toBeCloseTo(1, 4);
      const [two, five] = ["2-2", "5-5"].map((iterations) => Number(cosines(iterations).at(-1)));
      expect(two).toBeLessThan(five);
      expect(five).toBeGreaterThan(0.9);
      expect(five).toBeLessThan(0.99999);
      expect(of(rows, "inference", "2-2").every(({ cosine }) => cosine === null)).toBe(true);
    },
  );
});
