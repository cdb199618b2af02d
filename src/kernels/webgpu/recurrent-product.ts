import { invariant } from "../../errors.js";
import type { Block } from "../kernels.js";
import type { Slot } from "./buffers.js";
import type { DeviceMatrix } from "./matrix.js";
import type { Queue } from "./queue.js";
import { densePrograms, sparsePrograms } from "./settle-programs.js";
import { fewRowsMax, narrow, tile } from "./wgsl/products.js";
import type { iterationParameters } from "./wgsl/settle-unit.js";
import { sparseRows } from "./wgsl/sparse-product.js";

/** What a program of an iteration is told. */
export type IterationNumbers = Readonly<Record<keyof typeof iterationParameters | "fresh", number>>;

/** What an iteration reads and writes. */
export interface IterationBuffers {
  readonly state: Slot;
  readonly input: Slot;
  readonly next: Slot;
  readonly residuals: Slot;
}

/** What an iteration multiplies instead of the state when only changes propagate, and adds to. */
export interface Said {
  readonly said: Slot;
  readonly sum: Slot;
}

/**
 * Records the product of an iteration and what follows from it, in the form that is the matrix's for so many rows.
 * @param columns ascending blocks of units that are computed; the sparse form, whose columns are sorted, makes all
 */
export function recordProduct(
  { commands }: Queue,
  matrix: DeviceMatrix,
  numbers: IterationNumbers,
  plain: IterationBuffers,
  said: Said | null,
  columns: readonly Block[],
): void {
  const { rows } = numbers;
  const count = rows <= fewRowsMax ? "few" : "many";
  const changes = said && { ...plain, state: said.said, previous: plain.state, sum: said.sum };
  if (matrix.forms[count] === "sparse") {
    invariant(matrix.sparse, "a form that is used is there");
    const { slot, slices, columnsAt, pairsAt, valuesAt } = matrix.sparse;
    const parameters = { ...numbers, columnsAt, pairsAt, valuesAt };
    const height = count === "few" ? sparseRows.entries : sparseRows.rows;
    const workgroups = [slices, Math.ceil(rows / height)] as const;
    const pair = sparsePrograms[count];
    if (changes) commands.dispatch(pair.changes, parameters, { ...changes, matrix: slot }, workgroups);
    else commands.dispatch(pair.plain, parameters, { ...plain, matrix: slot }, workgroups);
    return;
  }
  invariant(matrix.dense, "a form that is used is there");
  const size = count === "few" ? narrow : { rows: tile, columns: tile };
  const pair = densePrograms[count];
  for (const [start, end] of columns) {
    const parameters = { ...numbers, start, end };
    const workgroups = [Math.ceil((end - start) / size.columns), Math.ceil(rows / size.rows)] as const;
    if (changes)
      commands.dispatch(pair.changes, parameters, { ...changes, matrix: matrix.dense }, workgroups);
    else commands.dispatch(pair.plain, parameters, { ...plain, matrix: matrix.dense }, workgroups);
  }
}
