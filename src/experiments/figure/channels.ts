import type { Row, Value } from "../measure.js";
import { distinct, entryOf } from "../table.js";
import { titleOf, valueText } from "../titles.js";
import { categoryColours, orderedColours } from "./style.js";

/** A column of few values that colour, dash, facet or an axis of names shows. */
export interface Category {
  readonly title: string;
  /** its values as text, in their order */
  readonly domain: readonly string[];
  /** whether the values are numbers, so that their order says something */
  readonly ordered: boolean;
}

const textOf = (rows: readonly Row[], column: string): string[] => {
  const values: Value[] = distinct(rows, column);
  const missing = rows.some((row) => entryOf(row, column) === null);
  return [...new Set([...values, ...(missing ? [null] : [])].map(valueText))];
};

export function category(rows: readonly Row[], column: string): Category {
  const values = distinct(rows, column);
  return {
    title: titleOf(column),
    domain: textOf(rows, column),
    ordered: values.length > 0 && values.every((value) => typeof value === "number"),
  };
}

const paletteOf = (categories: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_unused, i) => categories[i % categories.length]);

/** A colour for each value: of one ramp where they are numbers or many, else as different as can be. */
export const coloursOf = ({ domain, ordered }: Category): string[] =>
  (ordered && domain.length > 2) || domain.length > categoryColours.length
    ? orderedColours(domain.length)
    : paletteOf(categoryColours, domain.length);

const symbolsWide = 26;

/** Long legends go below, in columns; short ones stand beside the plot. */
export const legendOf = (title: string | null, domain: readonly string[]) => {
  const longest = domain.reduce((most, text) => Math.max(most, text.length), 0);
  return longest > symbolsWide
    ? ({ title, orient: "bottom", columns: 1 } as const)
    : ({ title, orient: "right" } as const);
};

/** A legend of colours or dashes; none of a single one, which it would tell from nothing. */
export const seriesLegend = <Extra extends object>(
  title: string | null,
  domain: readonly string[],
  extra: Extra,
) => (domain.length > 1 ? { ...legendOf(title, domain), ...extra } : null);

/** A heading of a small plot: a name says enough, a number needs its column's. */
export const headingText = (column: string, value: Value): string =>
  typeof value === "string" ? value : `${titleOf(column)} ${valueText(value)}`;
