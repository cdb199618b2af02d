import type { TopLevelSpec } from "vega-lite";
import type { Panel } from "../panel.js";
import { edgesOf, summarise } from "../spread.js";
import { identityColumns, type Table, takeRows } from "../table.js";
import { numberIn, takenTitle, titleOf, valueText } from "../titles.js";
import { axisTitle } from "./axes.js";
import { category, coloursOf, seriesLegend } from "./channels.js";
import { type Datum, facetOf, facetsOf, type Layers, layered, type Size, sizeOf } from "./facets.js";
import { ink } from "./style.js";

type Bars = Extract<Panel, { kind: "bars" }>;

/** A bar narrower than the number above it would have it run into the next. */
const pixelsForText = 34;

const barWidth = 64;

/** Bars side by side, as many as there may be. */
const barCount = ({ rows }: Table, { x, colour }: Bars): number =>
  category(rows, x).domain.length * (colour === undefined ? 1 : category(rows, colour).domain.length);

function bars(table: Table, { take, x, y, colour, row, column }: Bars): Datum[] {
  const identity = identityColumns(table);
  const by = [x, colour, row, column].filter((name) => name !== undefined);
  return summarise(takeRows(table.rows, take, y, identity), by, y, identity).flatMap(
    ({ by: values, spread }): Datum[] =>
      spread === null
        ? []
        : [
            {
              ...facetOf(values, { row, column }),
              x: valueText(values[x]),
              colour: colour === undefined ? null : valueText(values[colour]),
              y: spread.mean,
              ...edgesOf(spread, y),
              text: numberIn(y, spread.mean),
            },
          ],
  );
}

function encodings(panel: Bars, table: Table, size: Size) {
  const colours = panel.colour === undefined ? null : category(table.rows, panel.colour);
  const range = coloursOf(colours ?? { title: "", domain: [""], ordered: false });
  const scale = { domain: [...(colours?.domain ?? [])] };
  return {
    place: {
      x: {
        field: "x",
        type: "ordinal" as const,
        sort: [...category(table.rows, panel.x).domain],
        title: axisTitle(panel.xTitle ?? titleOf(panel.x), size.width),
        axis: { labelAngle: 0 },
        scale: { paddingInner: 0.25, paddingOuter: 0.15 },
      },
      ...(colours ? { xOffset: { field: "colour", type: "nominal" as const, scale } } : {}),
    },
    color: colours
      ? {
          field: "colour",
          type: "nominal" as const,
          scale: { ...scale, range },
          legend: seriesLegend(colours.title, colours.domain, { symbolStrokeWidth: 0 }),
        }
      : { value: range[0] },
  };
}

/** A bar for each x, the mean over seeds, with one standard deviation to either side. */
export function barsSpec(table: Table, panel: Bars): TopLevelSpec {
  const datums = bars(table, panel);
  const facets = facetsOf(table.rows, panel);
  const count = barCount(table, panel);
  const { width, height } = sizeOf(facets);
  const size = { width: Math.min(width, Math.max(120, 30 + barWidth * count)), height };
  const { place, color } = encodings(panel, table, size);
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: axisTitle(panel.yTitle ?? takenTitle(titleOf(panel.y), panel.take, table.rows), size.height),
    axis: { tickCount: 6 },
    scale: panel.yDomain ? { domain: panel.yDomain } : { zero: true },
  };
  const clip = panel.yDomain !== undefined;
  const text: Layers = [
    {
      mark: { type: "text", baseline: "bottom", dy: -3, fontSize: 10, color: ink },
      encoding: { ...place, y: { ...y, field: "high" }, text: { field: "text", type: "nominal" } },
    },
  ];
  return layered(
    datums,
    [
      { mark: { type: "bar", clip }, encoding: { ...place, y, color } },
      {
        transform: [{ filter: "datum.high > datum.low" }],
        mark: { type: "rule", strokeWidth: 1.4, color: ink, clip },
        encoding: { ...place, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      ...(count * pixelsForText <= size.width ? text : []),
    ],
    facets,
    size,
  );
}
