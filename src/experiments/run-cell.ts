import { resolveRun } from "../simulation/run-description.js";
import type { Cell } from "./cells.js";
import type { MeasureContext, Row } from "./measure.js";
import { measureNamed } from "./measures.js";

/** What a finished cell leaves. */
export interface CellResult {
  readonly rows: readonly Row[];
  /** that it took */
  readonly seconds: number;
}

/**
 * Measures one cell, in this thread.
 * @throws EddyError what its run and its measure throw; the signal's reason once it is aborted
 */
export async function runCell(cell: Cell, context: MeasureContext): Promise<CellResult> {
  const beganMs = performance.now();
  const { measure } = measureNamed(cell.measure);
  const rows = await measure(resolveRun(cell.run), cell.options, context);
  return { rows, seconds: (performance.now() - beganMs) / 1000 };
}
