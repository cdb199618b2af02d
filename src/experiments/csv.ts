import { csvFormat, csvParse } from "d3-dsv";
import type { Row, Value } from "./measure.js";
import { columnsOf, type Tables } from "./table.js";

const studyColumn = "study";

/** Nothing for null; words as they are, unless they would be read back as something else. */
function written(value: Value | undefined): string {
  if (value === null || value === undefined) return "";
  const needsMarks = typeof value === "string" && (value.startsWith('"') || parsed(value) !== value);
  return needsMarks ? JSON.stringify(value) : String(value);
}

/** Numbers, true, false and nothing as what they are; text in quotation marks without them. */
function parsed(text: string): Value {
  if (text === "") return null;
  if (text === "true" || text === "false") return text === "true";
  if (text.startsWith('"')) return JSON.parse(text) as string;
  const number = Number(text);
  return String(number) === text ? number : text;
}

/** All rows as one text: a line each, with the name of their study first, then all columns that any of them has. */
export function toCsv(tables: Tables): string {
  const rows = Object.entries(tables).flatMap(([study, table]) =>
    table.rows.map((row) => ({ [studyColumn]: study, ...row })),
  );
  const columns = columnsOf(rows);
  return `${csvFormat(
    rows.map((row: Row) => Object.fromEntries(columns.map((column) => [column, written(row[column])]))),
    columns,
  )}\n`;
}

/**
 * The rows that a text holds, by study; a column without anything in a study is none of its.
 * @throws SyntaxError for text that `toCsv` did not write
 */
export function fromCsv(text: string): Readonly<Record<string, readonly Row[]>> {
  const byStudy: Record<string, Row[]> = {};
  for (const { [studyColumn]: study, ...line } of csvParse(text.replace(/\n$/, ""))) {
    const row = Object.fromEntries(
      Object.entries(line).map(([column, value]) => [column, parsed(value ?? "")]),
    );
    byStudy[study ?? ""] ??= [];
    byStudy[study ?? ""].push(row);
  }
  return Object.fromEntries(
    Object.entries(byStudy).map(([study, rows]) => {
      const filled = columnsOf(rows).filter((column) => rows.some((row) => row[column] !== null));
      return [study, rows.map((row) => Object.fromEntries(filled.map((column) => [column, row[column]])))];
    }),
  );
}
