import { EddyError } from "../errors.js";
import { invalid } from "../model/validate.js";
import { resolveRun } from "../simulation/run-description.js";
import type { Cell } from "./cells.js";
import type { MeasureContext, Row } from "./measure.js";
import { measureNamed } from "./measures.js";

/** What a finished cell leaves. */
export interface CellResult {
  readonly rows: readonly Row[];
  /** that it took */
  readonly seconds: number;
  /** why it has no rows: its numbers overflowed, which is a result too; null otherwise */
  readonly diverged: string | null;
}

/** A row says nothing under a name that an axis has. @throws EddyError INVALID_DESCRIPTION */
function checkRows({ study, labels, measure }: Cell, rows: readonly Row[]): void {
  const taken = ["study", "seed", ...Object.keys(labels)];
  const column = rows.flatMap((row) => Object.keys(row)).find((name) => taken.includes(name));
  if (column !== undefined)
    throw invalid(
      `study ${study}.vary`,
      column,
      `another name for the axis: the measure ${measure} has a column of this one`,
    );
}

/**
 * Measures one cell, in this thread.
 * @throws EddyError what its run and its measure throw; the signal's reason once it is aborted
 */
export async function runCell(cell: Cell, context: MeasureContext): Promise<CellResult> {
  const beganMs = performance.now();
  const seconds = () => (performance.now() - beganMs) / 1000;
  const { measure } = measureNamed(cell.measure);
  try {
    const rows = await measure(resolveRun(cell.run), cell.options, context);
    checkRows(cell, rows);
    return { rows, seconds: seconds(), diverged: null };
  } catch (error) {
    if (!(error instanceof EddyError && error.code === "NOT_FINITE")) throw error;
    return { rows: [], seconds: seconds(), diverged: error.message };
  }
}
