import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../measure.js";
import type { Panel } from "../panel.js";
import { distinct, entryOf } from "../table.js";
import { headingText } from "./channels.js";

export type Layers = Extract<TopLevelSpec, { layer: unknown }>["layer"];

/** A point of a panel, its columns renamed to the channels that show them: names of fields would be read as paths. */
export type Datum = Readonly<Record<string, string | number | null>>;

/** Small plots of a panel, in their order. */
export interface Facets {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

const headings = (rows: readonly Row[], column: string | undefined): string[] =>
  column === undefined ? [] : distinct(rows, column).map((value) => headingText(column, value));

export const facetsOf = (rows: readonly Row[], { column, row }: Pick<Panel, "column" | "row">): Facets => ({
  columns: headings(rows, column),
  rows: headings(rows, row),
});

/** The small plot that a line belongs to. */
export const facetOf = (line: Row, { column, row }: Pick<Panel, "column" | "row">): Datum => ({
  ...(column === undefined ? {} : { column: headingText(column, entryOf(line, column)) }),
  ...(row === undefined ? {} : { row: headingText(row, entryOf(line, row)) }),
});

/** Width and height of a plot, by how many there are side by side and below one another. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const single: Size = { width: 300, height: 210 };
const widthOfAll = 780;

/** Places that stay empty in the last row of small plots. */
const empty = (count: number, wide: number): number => (wide - (count % wide)) % wide;

/** Small plots that stand side by side before the next row begins: where there are many, so that few places stay empty. */
export function perRow({ columns, rows }: Facets): number {
  const { length } = columns;
  if (rows.length > 0 || length <= 5) return Math.max(1, length);
  return [5, 4, 3].reduce((best, wide) => (empty(length, wide) < empty(length, best) ? wide : best));
}

export function sizeOf(facets: Facets): Size {
  const wide = perRow(facets);
  const below = Math.max(1, facets.rows.length, Math.ceil(facets.columns.length / wide));
  if (wide === 1 && below === 1) return single;
  const width = Math.round(Math.max(90, Math.min(260, widthOfAll / wide - 14)));
  return { width, height: Math.round(Math.max(80, Math.min(190, width * 0.72))) };
}

const header = { title: null, labelFontWeight: "bold" } as const;

/** A panel of layers, repeated over its facets. */
export function layered(
  values: readonly Datum[],
  layer: Layers,
  facets: Facets,
  size: TopLevelSizes,
): TopLevelSpec {
  const data = { values: values.map((datum) => ({ ...datum })) };
  const { columns, rows } = facets;
  if (columns.length === 0 && rows.length === 0) return { data, ...size, layer };
  const byColumn = { field: "column", type: "nominal" as const, sort: [...columns], header };
  const byRow = { field: "row", type: "nominal" as const, sort: [...rows], header };
  const spec = { ...size, layer };
  const wide = perRow(facets);
  // an axis that all share would also stand under the places that are empty
  const own = { resolve: { axis: { x: "independent" as const } } };
  if (rows.length === 0)
    return { data, facet: byColumn, columns: wide, spec, ...(empty(columns.length, wide) > 0 ? own : {}) };
  return { data, facet: columns.length > 0 ? { column: byColumn, row: byRow } : { row: byRow }, spec };
}

/** A plot's size in pixels, or by the step from one name to the next. */
export interface TopLevelSizes {
  readonly width: number | { readonly step: number };
  readonly height: number | { readonly step: number };
}
