import { basename } from "node:path";
import { EddyError } from "../errors.js";
import type { Experiment } from "./experiment.js";
import { blocks, code, markdownTable, plain } from "./markdown.js";
import type { Row } from "./measure.js";
import type { PanelInput } from "./panel.js";
import { type ResultRecord, readRecord, resultFiles } from "./result-folder.js";
import { summaryTable } from "./summary-table.js";
import { columnsOf, distinct, entryOf, identityColumns, type Table, type Tables } from "./table.js";
import { valueText } from "./titles.js";
import { readTables } from "./write-result.js";

/** A result among those that are compared. */
export interface ComparedResult {
  readonly name: string;
  readonly record: ResultRecord;
  readonly tables: Tables;
}

/** A column that says which result a row is of, and one for all else that tells rows apart. */
const resultColumn = "result";
const cellColumn = "cell";

/** More small plots than anybody looks at. */
const plotsMax = 24;

/** Short names, unless two would be the same. */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => basename(path).replace(/\.json$/, ""));
  return new Set(short).size === short.length ? short : [...paths];
}

/** @throws EddyError FILE_NOT_FOUND where there is no result; FILE_INVALID */
export async function readCompared(folders: readonly string[]): Promise<ComparedResult[]> {
  const names = namesOf(folders);
  return Promise.all(
    folders.map(async (folder, i) => {
      const record = await readRecord(folder);
      if (!record)
        throw new EddyError(
          "FILE_NOT_FOUND",
          `${folder}: no result, which would have a ${resultFiles.record}`,
        );
      return { name: names[i], record, tables: await readTables(folder, record.description.studies) };
    }),
  );
}

/** The name of the only study, whatever the results call theirs. */
const onlyStudy = "results";

/** One table a study, of all results that have it; results of one study each are of the same one. */
export function comparedTables(results: readonly ComparedResult[]): Tables {
  const single = results.every(({ tables }) => Object.keys(tables).length === 1);
  const named = results.map(({ name, tables }) => ({
    name,
    tables: single ? { [onlyStudy]: Object.values(tables)[0] } : tables,
  }));
  const studies = [...new Set(named.flatMap(({ tables }) => Object.keys(tables)))];
  return Object.fromEntries(
    studies.map((study) => {
      const having = named.filter(({ tables }) => (tables[study]?.rows.length ?? 0) > 0);
      const axes = [...new Set(having.flatMap(({ tables }) => tables[study].axes))];
      const rows = having.flatMap(({ name, tables }) =>
        tables[study].rows.map((row): Row => ({ [resultColumn]: name, ...row })),
      );
      return [study, { axes: [resultColumn, ...axes], rows }];
    }),
  );
}

/** What else tells the rows of a table apart, as one column: a small plot each. */
function withCells(table: Table): Table {
  const telling = identityColumns(table).filter(
    (column) => column !== resultColumn && distinct(table.rows, column).length > 1,
  );
  const cell = (row: Row) =>
    telling.map((column) => `${column} ${valueText(entryOf(row, column))}`).join(", ") || "all";
  return {
    axes: [resultColumn, cellColumn],
    rows: table.rows.map((row) => ({
      [cellColumn]: cell(row),
      ...numbersOf(row),
      [resultColumn]: row[resultColumn],
    })),
  };
}

const numbersOf = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value === "number" || value === null));

/** Accuracy by epoch, a line a result; nothing for studies that have none. */
function panelsOf(tables: Tables): PanelInput[] {
  return Object.entries(tables).flatMap(([study, { rows }]): PanelInput[] => {
    const columns = columnsOf(rows);
    if (!columns.includes("epoch") || !columns.includes("testAccuracy")) return [];
    const cells = distinct(rows, cellColumn).length;
    if (cells > plotsMax) return [];
    const lines = {
      kind: "lines",
      study,
      x: "epoch",
      y: "testAccuracy",
      colour: resultColumn,
    } as const;
    return [cells > 1 ? { ...lines, column: cellColumn } : lines];
  });
}

/** What is drawn of a comparison. */
export function comparedFigure(tables: Tables): {
  readonly panels: readonly PanelInput[];
  readonly tables: Tables;
} {
  const drawn = Object.fromEntries(Object.entries(tables).map(([study, table]) => [study, withCells(table)]));
  return { panels: panelsOf(drawn), tables: drawn };
}

/** Every leaf of a value by its path. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0)
    return [[path, JSON.stringify(value) ?? "absent"]];
  if (Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

/** What results were made of, where it is not the same. */
function differencesTable(results: readonly ComparedResult[]): string {
  const made = results.map(
    ({ record: { description, eddy, node, machine } }) =>
      new Map(leaves({ ...description, eddy, node, machine })),
  );
  const paths = [...new Set(made.flatMap((fields) => [...fields.keys()]))];
  const differing = paths.filter((path) => new Set(made.map((fields) => fields.get(path))).size > 1);
  if (differing.length === 0)
    return "All were made of the same description, with the same version, on the same machine.";
  return markdownTable(
    ["", ...results.map(({ name }) => plain(name))],
    differing.map((path) => [code(path), ...made.map((fields) => code(fields.get(path) ?? "absent"))]),
  );
}

/** Results side by side, as Markdown: what differs in how they were made, and what they gave. */
export const comparisonReport = (results: readonly ComparedResult[], hasFigure: boolean): string =>
  `${blocks(
    `# ${results.map(({ name }) => plain(name)).join(" and ")}`,
    results
      .filter(({ record: { cells } }) => cells.finished < cells.all)
      .map(
        ({ name, record: { cells } }) =>
          `> ${plain(name)} is unfinished: ${cells.finished} of ${cells.all} cells.`,
      )
      .join("\n>\n"),
    hasFigure ? `![accuracy by epoch](${resultFiles.svg})` : null,
    "## What they gave",
    summaryTable(comparedTables(results)),
    "## What differs in how they were made",
    differencesTable(results),
  )}\n`;

/**
 * An experiment that makes each of several runs.
 * @param runs by name, as in run files
 */
export const comparisonOf = (
  runs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Experiment => ({
  name: Object.keys(runs)
    .join("-vs-")
    .replace(/[^\w.-]+/g, "-")
    .slice(0, 80),
  title: Object.keys(runs).join(", "),
  source: "a comparison",
  about: "",
  studies: { runs: { run: {}, vary: { run: { choices: runs } } } },
  panels: [
    { kind: "lines", x: "epoch", y: "testAccuracy", colour: "run", column: "task" },
    { kind: "lines", x: "epoch", y: "trainLoss", colour: "run", column: "task", yScale: "log" },
  ],
  references: [],
  remarks: [],
  quick: {},
  smoke: {},
});
