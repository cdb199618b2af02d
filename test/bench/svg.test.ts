import { describe, expect, it } from "vitest";
import { comparisonSchema } from "../../bench/measured.js";
import { comparisonSvg } from "../../bench/svg.js";
import { comparison, rows } from "./comparison.js";

const svg = comparisonSvg(comparisonSchema.parse(comparison));

interface Bar {
  readonly ours: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}
const bars: Bar[] = [
  ...svg.matchAll(/<rect class="(baseline|ours)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g),
].map(([, kind, x, y, width]) => ({
  ours: kind === "ours",
  x: Number(x),
  y: Number(y),
  width: Number(width),
}));

describe("the plot of a comparison", () => {
  it("has a bar for each figure, ours and baselines told apart, one below the other", () => {
    const figures = rows.flatMap((row) => row.figures);
    expect(bars.map(({ ours }) => ours)).toEqual(figures.map(({ baseline }) => !baseline));
    const tops = bars.map(({ y }) => y);
    expect(tops).toEqual([...new Set(tops)].sort((a, b) => a - b));
  });

  it("is logarithmic: equal factors are equal lengths in all rows of a unit", () => {
    const milliseconds = rows.flatMap((row) => row.figures.map(({ best }) => ({ unit: row.unit, best })));
    const drawn = bars.map((bar, i) => ({ ...bar, ...milliseconds[i] })).filter(({ unit }) => unit === "ms");
    const [first] = drawn;
    const other = drawn.find(({ best }) => best / first.best === 100);
    const decade = ((other?.width ?? 0) - first.width) / 2;
    expect(decade).toBeGreaterThan(20);
    for (const { best, width } of drawn)
      expect(width - first.width).toBeCloseTo(decade * Math.log10(best / first.best), 0);
  });

  it("stays within its bounds", () => {
    const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    for (const bar of bars) {
      expect(bar.x + bar.width).toBeLessThan(Number(width));
      expect(bar.width).toBeGreaterThan(0);
      expect(bar.y).toBeLessThan(Number(height));
    }
  });

  it("names systems, values and ratios, and what it was measured on", () => {
    expect(svg).toContain("0.5 (2.00x)".replace(" ", "  "));
    expect(svg).toContain("40,000");
    expect(svg).toContain("&lt;slow &amp; odd&gt;");
    expect(svg).not.toContain("<slow");
    expect(svg).toContain("2 cores of Some CPU; eddy 0.1.0, jax 0.10.0; 2026-03-04");
  });

  it("has colours for dark pages, too", () => {
    expect(svg).toContain("prefers-color-scheme: dark");
  });
});
