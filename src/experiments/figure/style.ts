import type { Config } from "vega-lite";
import { fontFamily } from "./fonts.js";

export const ink = "#222222";
const faint = "#e6e6e6";

/** Okabe and Ito 2008: told apart by colour-blind eyes; yellow, too pale on white, left out. */
export const categoryColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222"];

/** Pale enough to draw over. */
export const regionColours = ["#e2f0e6", "#fdf2d0", "#f9dfd8", "#e4e3f3", "#eeeeee"];

/** Cividis, cut off where it gets too pale for a line on white; for values that have an order. */
const orderedStops = [
  [0, 44, 105],
  [55, 79, 108],
  [99, 107, 113],
  [140, 136, 119],
  [188, 168, 94],
  [222, 192, 60],
];

/** Colours from dark blue to ochre. */
export function orderedColours(count: number): string[] {
  return Array.from({ length: count }, (_unused, i) => {
    const place = count === 1 ? 0 : (i / (count - 1)) * (orderedStops.length - 1);
    const below = Math.min(Math.floor(place), orderedStops.length - 2);
    const mixed = orderedStops[below].map((dark, part) =>
      Math.round(dark + (orderedStops[below + 1][part] - dark) * (place - below)),
    );
    return `rgb(${mixed.join(",")})`;
  });
}

const text = { labelColor: ink, titleColor: ink, labelLimit: 0, titleLimit: 0 } as const;

/** How all panels look. */
export const config: Config = {
  font: fontFamily,
  background: "transparent",
  aria: false,
  padding: 4,
  view: { stroke: "transparent" },
  axis: {
    ...text,
    domainColor: ink,
    tickColor: ink,
    tickSize: 4,
    gridColor: faint,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
    labelOverlap: true,
    labelFlush: false,
  },
  // small plots side by side would run their outermost labels into each other
  axisXQuantitative: { labelFlush: true },
  legend: {
    ...text,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "bold",
    symbolStrokeWidth: 2,
    symbolSize: 90,
    symbolOpacity: 1,
    offset: 14,
    rowPadding: 3,
  },
  header: { ...text, labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 5 },
  facet: { spacing: 14 },
};
