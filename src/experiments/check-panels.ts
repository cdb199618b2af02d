import { invalid, known } from "../model/validate.js";
import type { Cell } from "./cells.js";
import type { Value } from "./measure.js";
import type { Panel } from "./panel.js";

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** The columns that a panel draws apart. */
const namedColumns = (panel: Panel): Set<unknown> =>
  new Set(
    Object.entries(panel).flatMap(([field, value]) =>
      ["x", "y", "colour", "dash", "row", "column", "order"].includes(field) ? list(value) : [],
    ),
  );

/** Values of a column, in the order of the cells. */
const labelsOf = (cells: readonly Cell[], column: string): Value[] => [
  ...new Set(cells.flatMap(({ labels }) => (Object.hasOwn(labels, column) ? [labels[column]] : []))),
];

/**
 * Checks, before anything is measured, that panels choose values that there are, and would not draw different cells as
 * one. Columns of the measure are checked when there are rows.
 * @throws EddyError INVALID_DESCRIPTION that names the panel and the column
 */
export function checkPanels(panels: readonly Panel[], cells: readonly Cell[]): void {
  for (const [i, panel] of panels.entries()) {
    let shown = cells.filter(({ study }) => study === panel.study);
    for (const [column, wanted] of Object.entries(panel.where)) {
      const labels = labelsOf(shown, column);
      if (labels.length === 0) continue;
      const absent = list(wanted).find((value) => !labels.includes(value as Value));
      if (absent !== undefined)
        throw invalid(
          `panels.${i}.where.${column}`,
          absent,
          `a value that it has: ${known(labels.map(String))}`,
        );
      shown = shown.filter(({ labels: own }) => list(wanted).includes(own[column]));
    }
    const named = namedColumns(panel);
    const columns = [...new Set(shown.flatMap(({ labels }) => Object.keys(labels)))];
    const mixed = columns.find((column) => !named.has(column) && labelsOf(shown, column).length > 1);
    if (mixed !== undefined) {
      throw invalid(
        `panels.${i}`,
        panel.kind,
        `a panel that tells the values of ${mixed} apart, as its x, colour, dash, column or row, or that chooses one of them in where`,
      );
    }
  }
}
