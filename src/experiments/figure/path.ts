import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../measure.js";
import type { Panel } from "../panel.js";
import { checkOneResult } from "../spread.js";
import {
  distinct,
  entryOf,
  groupBy,
  identityColumns,
  keyOf,
  numberOf,
  type Table,
  takeRows,
} from "../table.js";
import { titleOf, valueText } from "../titles.js";
import { axisTitle, numberAxis } from "./axes.js";
import { category, coloursOf, seriesLegend } from "./channels.js";
import { type Datum, facetOf, facetsOf, type Layers, layered, type Size, sizeOf } from "./facets.js";

type Path = Extract<Panel, { kind: "path" }>;

/** Of lines of one colour in one small plot those of the first seed. */
const ofFirstSeed = (rows: readonly Row[]): Row[] => {
  const [seed] = distinct(rows, "seed");
  return seed === undefined ? [...rows] : rows.filter((row) => row.seed === seed);
};

/**
 * One trajectory of each colour in each small plot, of the first seed: others are not averaged with it, since each
 * has axes of its own.
 * @throws EddyError INVALID_DESCRIPTION when there are several that nothing tells apart
 */
function trajectories(table: Table, panel: Path): Datum[] {
  const identity = identityColumns(table);
  const by = [panel.colour, panel.column, panel.row].filter((column) => column !== undefined);
  const hidden = identity.filter((column) => !by.includes(column));
  const rows = takeRows(table.rows, panel.take, panel.y, identity);
  return groupBy(rows, by).flatMap((group) => {
    checkOneResult(group, hidden, by, "panels");
    const path = ofFirstSeed(group);
    const steps = path
      .flatMap((row) => {
        const [x, y, order] = [panel.x, panel.y, panel.order].map((column) => numberOf(row, column));
        return x === null || y === null || order === null ? [] : [{ row, x, y, order }];
      })
      .sort((one, other) => one.order - other.order);
    return steps.map(({ row, x, y, order }, i): Datum => {
      const end = i === 0 ? "start" : i === steps.length - 1 ? "end" : null;
      return {
        ...facetOf(row, panel),
        colour: panel.colour === undefined ? null : valueText(entryOf(row, panel.colour)),
        path: keyOf(row, by),
        x,
        y,
        order,
        end,
      };
    });
  });
}

function layersOf(table: Table, panel: Path, datums: readonly Datum[], size: Size): Layers {
  const numbers = (column: string): number[] =>
    datums.flatMap(({ [column]: value }) => (typeof value === "number" ? [value] : []));
  const x = {
    ...numberAxis("linear", numbers("x"), axisTitle(panel.xTitle ?? titleOf(panel.x), size.width)),
    field: "x",
  };
  const y = {
    ...numberAxis("linear", numbers("y"), axisTitle(panel.yTitle ?? titleOf(panel.y), size.height)),
    field: "y",
  };
  const colours = panel.colour === undefined ? null : category(table.rows, panel.colour);
  const range = coloursOf(colours ?? { title: "", domain: [""], ordered: false });
  const color = colours
    ? {
        field: "colour",
        type: "nominal" as const,
        scale: { domain: [...colours.domain], range },
        legend: seriesLegend(colours.title, colours.domain, { symbolType: "stroke" }),
      }
    : { value: range[0] };
  return [
    {
      mark: { type: "line", strokeWidth: 1.6, strokeJoin: "round" },
      encoding: {
        x,
        y,
        color,
        order: { field: "order", type: "quantitative" },
        detail: { field: "path", type: "nominal" },
      },
    },
    { mark: { type: "point", filled: true, size: 14, opacity: 0.8 }, encoding: { x, y, color } },
    {
      transform: [{ filter: "datum.end !== null" }],
      mark: { type: "point", filled: true, size: 80, opacity: 1, stroke: "#ffffff", strokeWidth: 1 },
      encoding: {
        x,
        y,
        color,
        shape: {
          field: "end",
          type: "nominal",
          scale: { domain: ["start", "end"], range: ["circle", "square"] },
          legend: { title: null, symbolStrokeWidth: 0, symbolFillColor: "#777777" },
        },
      },
    },
  ];
}

/** Trajectories, each joined in its order, with its start and its end marked. */
export function pathSpec(table: Table, panel: Path): TopLevelSpec {
  const datums = trajectories(table, panel);
  const facets = facetsOf(table.rows, panel);
  const size = sizeOf(facets);
  return layered(datums, layersOf(table, panel, datums, size), facets, size);
}
