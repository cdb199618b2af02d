import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../measure.js";
import type { Panel } from "../panel.js";
import { edgesOf, meanOver, type Summary, summarise } from "../spread.js";
import { entryOf, groupBy, identityColumns, numberOf, type Table, takeRows } from "../table.js";
import { commonTitle, seriesTitle, takenTitle, titleOf, valueText } from "../titles.js";
import { axisTitle, numberAxis } from "./axes.js";
import { type Category, category, coloursOf, seriesLegend } from "./channels.js";
import { type Datum, facetOf, facetsOf, type Layers, layered, type Size, sizeOf } from "./facets.js";
import { regionLayers, regionsOf } from "./regions.js";

type Lines = Extract<Panel, { kind: "lines" }>;

/** More points than this on a line would hide it. */
const pointsMax = 40;

const present = (columns: readonly (string | undefined)[]): string[] =>
  columns.filter((column) => column !== undefined);

/** Which channel tells several y columns apart: the first that is free, or colour together with its own column. */
const seriesChannel = ({ colour, dash }: Lines): "colour" | "dash" | "both" =>
  colour === undefined ? "colour" : dash === undefined ? "dash" : "both";

const yColumns = ({ y }: Lines): readonly string[] => (typeof y === "string" ? [y] : y);

/** A logarithm has no place for what is not above 0. */
const shown = (value: number, { yScale }: Lines): number | null =>
  yScale === "log" && value <= 0 ? null : value;

function channels(row: Row, y: string, panel: Lines): Datum {
  const own = (column: string | undefined): string | null =>
    column === undefined ? null : valueText(entryOf(row, column));
  const [colour, dash] = [own(panel.colour), own(panel.dash)];
  if (yColumns(panel).length === 1) return { colour, dash };
  const name = seriesTitle(y);
  const channel = seriesChannel(panel);
  if (channel === "both") return { colour: `${colour}, ${name}`, dash };
  return channel === "colour" ? { colour: name, dash } : { colour, dash: name };
}

/**
 * Whether x is measured at each epoch, as time is, so that it differs from seed to seed: then seeds are averaged epoch
 * by epoch, x as y.
 */
function followsEpochs({ axes, rows }: Table, { x }: Lines, cell: readonly string[]): boolean {
  if (x === "epoch" || axes.includes(x) || rows.some((row) => numberOf(row, "epoch") === null)) return false;
  return groupBy(rows, [...cell, "seed", "epoch"]).length === rows.length;
}

/** Where a mean stands on the x axis; null for nowhere. */
function placeOf({ by, rows }: Summary, { x, xScale }: Lines): string | number | null {
  const found = by[x];
  if (xScale === "ordinal") return found === null ? null : valueText(found ?? null);
  const place = found === undefined ? meanOver(rows, x) : found;
  return typeof place === "number" && (xScale !== "log" || place > 0) ? place : null;
}

function datumOf(mean: Summary, y: string, panel: Lines): Datum[] {
  const x = placeOf(mean, panel);
  if (x === null) return [];
  const { spread, by } = mean;
  const value = spread && shown(spread.mean, panel);
  const edges = value === null || spread === null || spread.deviation === null ? null : edgesOf(spread, y);
  return [
    {
      ...facetOf(by, panel),
      ...channels(by, y, panel),
      x,
      y: value,
      // without a lower edge above 0 a band on a logarithm has no end: it stops at the mean
      low: edges === null ? null : (shown(edges.low, panel) ?? value),
      high: edges?.high ?? null,
    },
  ];
}

function points(table: Table, panel: Lines): Datum[] {
  const { x, colour, dash, column, row, regions, take } = panel;
  const identity = identityColumns(table).filter((name) => name !== regions);
  const byEpoch = panel.xScale !== "ordinal" && take === "all" && followsEpochs(table, panel, identity);
  const by = present([byEpoch ? "epoch" : x, colour, dash, column, row]);
  return yColumns(panel).flatMap((y) => {
    const means = summarise(takeRows(table.rows, take, y, identity), by, y, identity);
    const datums = means.flatMap((mean) => datumOf(mean, y, panel));
    return datums.some((datum) => datum.y !== null) ? datums : [];
  });
}

/** The same points, those marked that are alone on their line: joined to nothing, it would not show. */
function marked(datums: readonly Datum[]): Datum[] {
  const keyOfLine = ({ column, row, colour, dash }: Datum) => JSON.stringify([column, row, colour, dash]);
  const counts = new Map<string, number>();
  for (const datum of datums)
    if (datum.y !== null) counts.set(keyOfLine(datum), (counts.get(keyOfLine(datum)) ?? 0) + 1);
  return datums.map((datum) => ({ ...datum, alone: counts.get(keyOfLine(datum)) === 1 ? 1 : 0 }));
}

/** Whether any value lies beyond a domain that is given: what lies at its edge is not to be cut in half. */
const beyond = (datums: readonly Datum[], fields: readonly string[], { yDomain }: Lines): boolean =>
  yDomain !== undefined &&
  datums.some((datum) =>
    fields.some((field) => {
      const value = datum[field];
      return typeof value === "number" && (value < Math.min(...yDomain) || value > Math.max(...yDomain));
    }),
  );

/** The values of a channel with several y columns: theirs, or those of its column, or each pair. */
function channelCategory(table: Table, panel: Lines, channel: "colour" | "dash"): Category | null {
  const column = panel[channel];
  const own = column === undefined ? null : category(table.rows, column);
  const names = yColumns(panel).map(seriesTitle);
  if (names.length === 1) return own;
  const holder = seriesChannel(panel);
  if (holder === channel) return { title: "", domain: names, ordered: false };
  if (holder !== "both" || channel === "dash" || own === null) return own;
  const pairs = own.domain.flatMap((value) => names.map((name) => `${value}, ${name}`));
  return { title: own.title, domain: pairs, ordered: false };
}

const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [10, 4],
  [4, 2, 1, 2, 1, 2],
];

function seriesEncoding(colour: Category | null, dash: Category | null) {
  return {
    color: colour
      ? {
          field: "colour",
          type: "nominal" as const,
          scale: { domain: [...colour.domain], range: coloursOf(colour) },
          legend: seriesLegend(colour.title || null, colour.domain, { symbolType: "stroke" as const }),
        }
      : { value: coloursOf({ title: "", domain: [""], ordered: false })[0] },
    ...(dash
      ? {
          strokeDash: {
            field: "dash",
            type: "nominal" as const,
            scale: {
              domain: [...dash.domain],
              range: dash.domain.map((_unused, i) => dashes[i % dashes.length]),
            },
            legend: seriesLegend(dash.title || null, dash.domain, {
              symbolType: "stroke" as const,
              symbolSize: 300,
            }),
          },
        }
      : {}),
  };
}

function xEncoding(panel: Lines, datums: readonly Datum[], table: Table, size: Size) {
  const title = axisTitle(panel.xTitle ?? titleOf(panel.x), size.width);
  if (panel.xScale === "ordinal")
    return {
      field: "x",
      type: "ordinal" as const,
      sort: [...category(table.rows, panel.x).domain],
      title,
      axis: { labelAngle: 0 },
    };
  const values = datums.flatMap(({ x }) => (typeof x === "number" ? [x] : []));
  const axis = numberAxis(panel.xScale, values, title);
  return { ...axis, field: "x", scale: { ...axis.scale, padding: 6, nice: false } };
}

function yEncoding(panel: Lines, datums: readonly Datum[], { rows }: Table, size: Size) {
  const values = datums.flatMap(({ y, low, high }) =>
    [y, low, high].filter((value) => typeof value === "number"),
  );
  const title = axisTitle(
    panel.yTitle ?? takenTitle(commonTitle(yColumns(panel)), panel.take, rows),
    size.height,
  );
  const axis = numberAxis(panel.yScale, values, title);
  return { ...axis, field: "y", scale: { ...axis.scale, ...(panel.yDomain && { domain: panel.yDomain }) } };
}

/** Means over seeds against a column, with bands of one standard deviation. */
export function linesSpec(given: Table, panel: Lines): TopLevelSpec {
  const datums = marked(points(given, panel));
  const facets = facetsOf(given.rows, panel);
  const size = sizeOf(facets);
  const y = yEncoding(panel, datums, given, size);
  const x = xEncoding(panel, datums, given, size);
  const series = seriesEncoding(
    channelCategory(given, panel, "colour"),
    channelCategory(given, panel, "dash"),
  );
  const clip = beyond(datums, ["y"], panel);
  const regions = regionsOf(given.rows, panel);
  const places = new Set(datums.map((datum) => datum.x)).size;
  const withPoints = panel.points && places <= pointsMax;
  const detail = ["colour", "dash"].map((field) => ({ field, type: "nominal" as const }));
  const lineFilter = [{ filter: "!isValid(datum.region)" }];
  const layers: Layers = [
    ...regionLayers(regions, x),
    ...(panel.spread && datums.some(({ high }) => high !== null)
      ? [
          {
            transform: lineFilter,
            mark: {
              type: "area" as const,
              opacity: 0.18,
              clip: beyond(datums, ["low", "high"], panel),
              line: false,
            },
            encoding: {
              x,
              y: { ...y, field: "low" },
              y2: { field: "high" },
              color: series.color,
              detail,
            },
          },
        ]
      : []),
    {
      transform: lineFilter,
      mark: { type: "line", strokeWidth: 1.8, clip, strokeJoin: "round" },
      encoding: { x, y, ...series, detail },
    },
    ...(withPoints || datums.some(({ alone }) => alone === 1)
      ? [
          {
            transform: withPoints ? lineFilter : [{ filter: "datum.alone === 1" }],
            mark: { type: "point" as const, filled: true, size: places > 12 ? 12 : 26, opacity: 1, clip },
            encoding: {
              x,
              y,
              color: series.color,
            },
          },
        ]
      : []),
  ];
  return layered([...datums, ...regions], layers, facets, size);
}
