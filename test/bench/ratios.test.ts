import { describe, expect, it } from "vitest";
import { comparisonRows, median } from "../../bench/ratios.js";
import { comparisonTable } from "../../bench/table.js";
import { rows, systems } from "./comparison.js";

const figure = (row: string, system: string) =>
  rows.find((one) => one.row === row)?.figures.find((one) => one.system === system);

describe("the rows of a comparison", () => {
  it("have the best of all rounds, and the median of their medians", () => {
    expect(figure("inference, batch 1", "jax")).toMatchObject({ best: 1, median: 4 });
    expect(figure("learning step, batch 500", "torch")).toMatchObject({ best: 100, median: 240 });
  });

  it("tell how many times as fast as the faster baseline of the row a system is", () => {
    // jax 1 ms, torch 3 ms; medians 4 and 3
    expect(figure("inference, batch 1", "simd")).toMatchObject({ ratio: 2, median_ratio: 3 });
    expect(figure("inference, batch 1", "torch")).toMatchObject({ ratio: 0.3333, median_ratio: 1 });
    // torch is the faster by its best, jax by its median
    expect(figure("learning step, batch 500", "simd")).toMatchObject({ ratio: 2.5, median_ratio: 5 });
  });

  it("take more ticks a second for faster, and a baseline's for those of a stimulus at rest, too", () => {
    expect(figure("continuous, learning", "jax")).toMatchObject({ best: 4000, median: 2000 });
    expect(figure("continuous, learning", "simd")).toMatchObject({
      best: 6000,
      median: 5000,
      ratio: 1.5,
      median_ratio: 2.5,
    });
    expect(figure("continuous, the stimulus rests", "simd")).toMatchObject({ ratio: 10 });
  });

  it("hold an epoch against 120 learning steps and 20 inferences of a baseline", () => {
    expect(figure("an epoch of Fashion-MNIST", "jax")?.best).toBe(0.12 * 200 + 0.02 * 100);
    expect(figure("an epoch of Fashion-MNIST", "torch")?.best).toBe(13);
    expect(figure("an epoch of Fashion-MNIST", "simd")).toMatchObject({ best: 5.2, ratio: 2.5 });
  });

  it("leave out what nobody but a baseline has measured", () => {
    const only = comparisonRows(
      systems.filter(({ system }) => system !== "simd"),
      [1, 500],
    );
    expect(only.map(({ row }) => row)).toEqual(["inference, batch 1", "learning step, batch 1"]);
  });

  it("have no ratios without baselines", () => {
    const [row] = comparisonRows(
      systems.filter(({ baseline }) => !baseline),
      [1],
    );
    expect(row.figures.map(({ ratio, median_ratio }) => [ratio, median_ratio])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});

describe("the median", () => {
  it("is the middle, of an even number the upper one", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(3);
  });
});

describe("the table", () => {
  it("has a line for each row and a column for each system", () => {
    const [head, ...lines] = comparisonTable({ rows }).split("\n");
    expect(head.trim().split(/ {2,}/)).toEqual(["jax", "torch", "simd", "<slow & odd>"]);
    expect(lines).toHaveLength(rows.length);
    expect(lines[0]).toMatch(/^inference, batch 1, ms +1 +3 +0\.5 \(2\.00x\) +10 \(0\.10x\)$/);
    expect(lines.at(-1)).toMatch(/, s +26 +13 +5\.2 \(2\.50x\) +-$/);
  });
});
