import type { TopLevelSpec } from "vega-lite";
import type { Panel } from "../panel.js";
import { summarise } from "../spread.js";
import { identityColumns, type Table, takeRows } from "../table.js";
import { takenTitle, titleOf, valueText } from "../titles.js";
import { axisTitle, extentOf } from "./axes.js";
import { category } from "./channels.js";
import { type Datum, facetOf, facetsOf, type Layers, layered } from "./facets.js";
import { wrapped } from "./fonts.js";
import { ink } from "./style.js";

type Heatmap = Extract<Panel, { kind: "heatmap" }>;

/** Numbers are written into cells no smaller than this. */
const cellForText = { width: 34, height: 18 };
const sideMax = 400;

/** Of a cell: few cells are as large as the axis' title needs, many as small as they have to be. */
const step = (count: number, usual: number, sideMin: number): number => {
  const cells = Math.max(1, count);
  return Math.max(2, Math.ceil(sideMin / cells), Math.min(usual, Math.floor(sideMax / cells)));
};

/** As many digits as tell the values apart, no more than fit into a cell. */
function cellText(value: number, [least, most]: readonly [number, number]): string {
  const size = Math.max(Math.abs(least), Math.abs(most));
  if (size !== 0 && (size < 0.01 || size >= 10000)) return value.toExponential(0);
  return value.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 2);
}

function cells(table: Table, { take, x, y, colour, row, column }: Heatmap): Datum[] {
  const identity = identityColumns(table);
  const by = [x, y, row, column].filter((name) => name !== undefined);
  return summarise(takeRows(table.rows, take, colour, identity), by, colour, identity).map(
    ({ by: values, spread }) => ({
      ...facetOf(values, { row, column }),
      x: valueText(values[x]),
      y: valueText(values[y]),
      value: spread?.mean ?? null,
    }),
  );
}

/** Longer titles would make the legend wider than the cells. */
const legendTitle = ({ colour, take }: Heatmap, { rows }: Table): string[] =>
  wrapped(takenTitle(titleOf(colour), take, rows), 11, 120);

function cellLayers(panel: Heatmap, table: Table, extent: [number, number], withText: boolean): Layers {
  const axis = { labelAngle: 0, grid: false, domain: false, ticks: false } as const;
  const x = {
    field: "x",
    type: "ordinal" as const,
    sort: [...category(table.rows, panel.x).domain],
    title: axisTitle(panel.xTitle ?? titleOf(panel.x), 130),
    axis,
  };
  const y = {
    field: "y",
    type: "ordinal" as const,
    sort: [...category(table.rows, panel.y).domain].reverse(),
    title: axisTitle(panel.yTitle ?? titleOf(panel.y), 130),
    axis,
  };
  const middle = (extent[0] + extent[1]) / 2;
  const text: Layers = [
    {
      mark: { type: "text", fontSize: 11 },
      encoding: {
        x,
        y,
        text: { field: "text", type: "nominal" },
        color: {
          condition: { test: `datum.value === null || datum.value > ${middle}`, value: ink },
          value: "#ffffff",
        },
      },
    },
  ];
  return [
    {
      mark: { type: "rect", invalid: null, stroke: "#ffffff", strokeWidth: withText ? 1 : 0 },
      encoding: {
        x,
        y,
        color: {
          condition: { test: "datum.value === null", value: "#eeeeee" },
          field: "value",
          type: "quantitative",
          scale: {
            scheme: "viridis",
            domain: extent[0] < extent[1] ? extent : [extent[0] - 1, extent[1] + 1],
          },
          legend: { title: legendTitle(panel, table), orient: "right", gradientThickness: 12, tickCount: 4 },
        },
      },
    },
    ...(withText ? text : []),
  ];
}

/** A colour for each pair of x and y, the mean over seeds, written into the cell where there is room. */
export function heatmapSpec(table: Table, panel: Heatmap): TopLevelSpec {
  const datums = cells(table, panel);
  const values = datums.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
  const extent: [number, number] = values.length > 0 ? extentOf(values) : [0, 1];
  const size = {
    width: step(category(table.rows, panel.x).domain.length, 46, 130),
    height: step(category(table.rows, panel.y).domain.length, 30, 70),
  };
  const withText = size.width >= cellForText.width && size.height >= cellForText.height;
  const texts = datums.map(
    (datum): Datum => ({
      ...datum,
      text: typeof datum.value === "number" ? cellText(datum.value, extent) : "–",
    }),
  );
  const layers = cellLayers(panel, table, extent, withText);
  const facets = facetsOf(table.rows, panel);
  return layered(texts, layers, facets, { width: { step: size.width }, height: { step: size.height } });
}
