import { invalid } from "../model/validate.js";
import type { Row, Value } from "./measure.js";
import { distinct, groupBy, keyOf, numberOf } from "./table.js";
import { rangeOf } from "./titles.js";

/** Mean over seeds, and how far they lie apart. */
export interface Spread {
  readonly mean: number;
  /** of one seed from the mean, with n - 1; null of a single one */
  readonly deviation: number | null;
  readonly count: number;
}

/**
 * m = sum x / n, s = sqrt(sum (x - m)^2 / (n - 1)).
 * @returns null where there is no value
 */
export function spreadOf(values: readonly number[]): Spread | null {
  const count = values.length;
  if (count === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : null, count };
}

/** Mean over seeds of the lines of equal values in some columns. */
export interface Summary {
  readonly by: Readonly<Record<string, Value>>;
  /** null where no line has a number */
  readonly spread: Spread | null;
  readonly rows: readonly Row[];
}

/** One deviation to either side of a mean, as far as the column may go. */
export function edgesOf(
  { mean, deviation }: Spread,
  column: string,
): { readonly low: number; readonly high: number } {
  const [least, most] = rangeOf(column);
  return { low: Math.max(least, mean - (deviation ?? 0)), high: Math.min(most, mean + (deviation ?? 0)) };
}

/**
 * Refuses what would average results of different cells, or draw them as one.
 * @param hidden columns that tell results apart, and that nothing shows
 * @throws EddyError INVALID_DESCRIPTION
 */
export function checkOneResult(
  group: readonly Row[],
  hidden: readonly string[],
  shown: readonly string[],
  field: "panels" | "references",
): void {
  const first = keyOf(group[0], hidden);
  if (group.every((row) => keyOf(row, hidden) === first)) return;
  const mixed = hidden.filter((column) => distinct(group, column).length > 1);
  const how = field === "panels" ? "name it as x, colour, dash, column or row, or choose" : "choose";
  throw invalid(
    field,
    shown.join(", "),
    `${mixed.join(", ")} told apart, since results that differ in it are not averaged: ${how} one value in where`,
  );
}

/**
 * Means over seeds. Several lines of one seed, such as units of a layer, are averaged first.
 * @param by columns whose equal values make a group
 * @param identity columns that tell results apart
 * @param field what asks for it, for a refusal
 * @throws EddyError INVALID_DESCRIPTION when a group has results that differ in more than their seed
 */
export function summarise(
  rows: readonly Row[],
  by: readonly string[],
  of: string,
  identity: readonly string[],
  field: "panels" | "references" = "panels",
): Summary[] {
  const hidden = identity.filter((column) => !by.includes(column));
  return groupBy(rows, by).map((group) => {
    checkOneResult(group, hidden, by, field);
    const values = groupBy(group, ["seed"]).flatMap((seed) => {
      const found = spreadOf(seed.flatMap((row) => numberOf(row, of) ?? []));
      return found === null ? [] : [found.mean];
    });
    return {
      by: Object.fromEntries(by.map((column) => [column, group[0][column] ?? null])),
      spread: spreadOf(values),
      rows: group,
    };
  });
}

/** Mean of a column over all lines that have a number there; null where none has. */
export const meanOver = (rows: readonly Row[], column: string): number | null =>
  spreadOf(rows.flatMap((row) => numberOf(row, column) ?? []))?.mean ?? null;
