import { blocks, markdownTable, plain } from "./markdown.js";
import type { Row } from "./measure.js";
import { spreadText } from "./reference-tables.js";
import { spreadOf } from "./spread.js";
import {
  columnsOf,
  distinct,
  entryOf,
  groupBy,
  identityColumns,
  numberOf,
  type Table,
  type Tables,
  takeRows,
} from "./table.js";
import { seriesTitle, titleOf, valueText } from "./titles.js";

/** Longer tables are data, which the CSV file is for. */
const cellsMax = 80;
const columnsMax = 6;

const spreadIn = (rows: readonly Row[], column: string): string => {
  const spread = spreadOf(rows.flatMap((row) => numberOf(row, column) ?? []));
  return spread ? spreadText(spread, column) : "–";
};

/** Columns of a cell that are not the same in all cells. */
const telling = (rows: readonly Row[], identity: readonly string[]): string[] =>
  identity.filter((column) => distinct(rows, column).length > 1);

/** Best and last test accuracy of each cell. */
function accuracies(table: Table, identity: readonly string[]): string {
  const of = "testAccuracy";
  const shown = telling(table.rows, identity);
  const rows = groupBy(table.rows, identity).map((cell) => {
    const last = takeRows(cell, "last", of, []);
    return [
      ...shown.map((column) => plain(valueText(entryOf(cell[0], column)))),
      spreadIn(takeRows(cell, "best", of, []), of),
      spreadIn(last, of),
      [...new Set(last.map((row) => entryOf(row, "epoch")))].map(valueText).join(", "),
      String(groupBy(cell, ["seed"]).length),
    ];
  });
  return markdownTable(
    [
      ...shown.map((column) => plain(seriesTitle(column))),
      "best test accuracy, %:",
      "last:",
      "epochs:",
      "seeds:",
    ],
    rows,
  );
}

/** The last line of each task of a stream, with each seed. */
const lastTrials = (rows: readonly Row[]): Row[] =>
  groupBy(rows, ["seed"]).flatMap((lines) => {
    const last = lines.reduce((most, row) => Math.max(most, numberOf(row, "trial") ?? most), 0);
    return lines.filter((row) => row.trial === last);
  });

/** Last online accuracy of each cell, and the trials until then. */
function onlineAccuracies(table: Table, identity: readonly string[]): string {
  const of = "onlineAccuracy";
  const shown = telling(table.rows, identity);
  const rows = groupBy(table.rows, identity).map((cell) => {
    const last = lastTrials(cell);
    return [
      ...shown.map((column) => plain(valueText(entryOf(cell[0], column)))),
      spreadIn(last, of),
      [...new Set(last.map((row) => entryOf(row, "trial")))].map(valueText).join(", "),
      String(groupBy(cell, ["seed"]).length),
    ];
  });
  return markdownTable(
    [...shown.map((column) => plain(seriesTitle(column))), "last online accuracy, %:", "trials:", "seeds:"],
    rows,
  );
}

/** Means of all numbers, where each cell has one line a seed. */
function means(table: Table, identity: readonly string[]): string {
  const { rows } = table;
  const shown = telling(rows, identity);
  const columns = columnsOf(rows)
    .filter((column) => !identity.includes(column) && column !== "seed")
    .filter((column) => rows.some((row) => numberOf(row, column) !== null))
    .slice(0, columnsMax);
  return markdownTable(
    [
      ...shown.map((column) => plain(seriesTitle(column))),
      ...columns.map((column) => `${plain(titleOf(column))}:`),
      "seeds:",
    ],
    groupBy(rows, identity).map((cell) => [
      ...shown.map((column) => plain(valueText(entryOf(cell[0], column)))),
      ...columns.map((column) => spreadIn(cell, column)),
      String(groupBy(cell, ["seed"]).length),
    ]),
  );
}

function ofStudy(table: Table): string | null {
  const identity = identityColumns(table);
  const cells = groupBy(table.rows, identity);
  if (table.rows.length === 0) return "Nothing is finished yet.";
  if (cells.length > cellsMax) return `${cells.length} cells, in data.csv.`;
  if (table.rows.some((row) => numberOf(row, "testAccuracy") !== null && numberOf(row, "epoch") !== null))
    return accuracies(table, identity);
  if (table.rows.some((row) => numberOf(row, "onlineAccuracy") !== null && numberOf(row, "trial") !== null))
    return onlineAccuracies(table, identity);
  const single = cells.every((cell) => groupBy(cell, ["seed"]).length === cell.length);
  return single ? means(table, identity) : `${table.rows.length} lines, in data.csv.`;
}

/** All cells of a result, where there are not too many: means and deviations over their seeds. */
export function summaryTable(tables: Tables): string {
  const studies = Object.entries(tables);
  return blocks(
    ...studies.map(([study, table]) =>
      blocks(studies.length > 1 ? `### ${plain(study)}` : null, ofStudy(table)),
    ),
  );
}
