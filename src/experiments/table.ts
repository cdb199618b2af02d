import type { Row, Value } from "./measure.js";

/** What a study measured: a line for each cell, seed and whatever its measure tells more often, such as epochs. */
export interface Table {
  /** columns that say which cell a line belongs to; the column `seed` comes besides */
  readonly axes: readonly string[];
  readonly rows: readonly Row[];
}

/** By study, in the experiment's order. */
export type Tables = Readonly<Record<string, Table>>;

/** Of a line's value in a column; null where the line has no such column. */
export const entryOf = (row: Row, column: string): Value => row[column] ?? null;

/** The number in a column, or null where there is none, or none that is finite. */
export function numberOf(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Text by which lines of equal values in some columns are found together. */
export const keyOf = (row: Row, columns: readonly string[]): string =>
  JSON.stringify(columns.map((column) => entryOf(row, column)));

/** All columns, in the order in which lines bring them. */
export const columnsOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** Lines of equal values in some columns, in the order of their first one. */
export function groupBy(rows: readonly Row[], columns: readonly string[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row, columns);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

/** Different values of a column: numbers by size, others in the order in which they come. */
export function distinct(rows: readonly Row[], column: string): Value[] {
  const found = [...new Set(rows.map((row) => entryOf(row, column)))].filter((value) => value !== null);
  return found.every((value) => typeof value === "number")
    ? (found as number[]).sort((one, other) => one - other)
    : found;
}

/**
 * Columns that tell one result from another, besides the seed: the axes, and columns of names, such as `task`, that a
 * measure adds. Lines that differ in one of them are never averaged.
 */
export function identityColumns({ axes, rows }: Table): string[] {
  const names = columnsOf(rows).filter(
    (column) => !axes.includes(column) && rows.some((row) => typeof row[column] === "string"),
  );
  return [...axes, ...names];
}

/** Lines that have one of the wanted values in every named column. */
export const rowsWhere = (
  rows: readonly Row[],
  where: Readonly<Record<string, Value | readonly Value[]>>,
): Row[] =>
  rows.filter((row) =>
    Object.entries(where).every(([column, wanted]) =>
      (Array.isArray(wanted) ? wanted : [wanted]).includes(entryOf(row, column)),
    ),
  );

const largest = (rows: readonly Row[], column: string): number =>
  rows.reduce((most, row) => Math.max(most, numberOf(row, column) ?? most), Number.NEGATIVE_INFINITY);

/**
 * Of each cell with each seed: all lines, the first of those with the largest value, or all lines of the last epoch.
 * @param of the column whose largest value is looked for
 * @param cell the columns that make a cell, besides the seed
 */
export function takeRows(
  rows: readonly Row[],
  take: "all" | "best" | "last",
  of: string,
  cell: readonly string[],
): Row[] {
  if (take === "all") return [...rows];
  return groupBy(rows, [...cell, "seed"]).flatMap((group) => {
    if (take === "best") {
      const most = largest(group, of);
      return group.filter((row) => numberOf(row, of) === most).slice(0, 1);
    }
    const last = largest(group, "epoch");
    return Number.isFinite(last) ? group.filter((row) => row.epoch === last) : group;
  });
}
