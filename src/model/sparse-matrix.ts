import { EddyError } from "../errors.js";
import type { SparseWeights } from "../kernels/sparse-weights.js";

/**
 * A square matrix by its non-zero entries, row after row: those of row i stand at starts[i] to starts[i + 1]. Unlike
 * recurrent weights it is in double precision, and its columns need not ascend.
 */
export interface SparseMatrix {
  readonly size: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** Sweeps of balancing; a random matrix needs none, a badly scaled one a few, and more would gain little. */
const balancingSweeps = 50;

/**
 * Recurrent weights in double precision.
 * @throws EddyError NOT_FINITE when a weight is no finite number
 */
export function inDouble({ neurons, rows, columns, values }: SparseWeights): SparseMatrix {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const row = rows.findLastIndex((start) => start <= wrong);
    throw new EddyError(
      "NOT_FINITE",
      `matrix: entry [${row}, ${columns[wrong]}] is ${values[wrong]}, needed a finite number`,
    );
  }
  return {
    size: neurons,
    starts: Int32Array.from(rows),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}

/** The rows and columns `members` of a matrix, in that order. */
export function select(matrix: SparseMatrix, members: Int32Array): SparseMatrix {
  const place = new Int32Array(matrix.size).fill(-1);
  members.forEach((member, index) => {
    place[member] = index;
  });
  const starts = new Int32Array(members.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  members.forEach((member, index) => {
    for (let at = matrix.starts[member]; at < matrix.starts[member + 1]; at++) {
      const column = place[matrix.columns[at]];
      if (column < 0) continue;
      columns.push(column);
      values.push(matrix.values[at]);
    }
    starts[index + 1] = columns.length;
  });
  return {
    size: members.length,
    starts,
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
  };
}

/** `output[i - from] = sum over j of matrix[i, j] input[j]` for the rows from `from` up to `to`. */
export function multiplyRows(
  matrix: SparseMatrix,
  input: Float64Array,
  output: Float64Array,
  from: number,
  to: number,
): void {
  const { starts, columns, values } = matrix;
  for (let row = from; row < to; row++) {
    const end = starts[row + 1];
    let at = starts[row];
    // two sums, so that one addition need not wait for the one before
    let even = 0;
    let odd = 0;
    for (; at + 1 < end; at += 2) {
      even += values[at] * input[columns[at]];
      odd += values[at + 1] * input[columns[at + 1]];
    }
    if (at < end) even += values[at] * input[columns[at]];
    output[row - from] = even + odd;
  }
}

/**
 * Scales a matrix to `D^-1 matrix D`, D diagonal, so that each row weighs about as much as its column: the
 * eigenvalues stay, but depend less on rounding.
 * @param matrix irreducible, so that such a D exists; left as it is
 */
export function balance(matrix: SparseMatrix): SparseMatrix {
  const { size, starts, columns } = matrix;
  const values = matrix.values.slice();
  const factors = new Float64Array(size);
  for (let sweep = 0; sweep < balancingSweeps; sweep++) {
    const rowSums = new Float64Array(size);
    const columnSums = new Float64Array(size);
    for (let row = 0; row < size; row++)
      for (let at = starts[row]; at < starts[row + 1]; at++) {
        const weight = Math.abs(values[at]);
        rowSums[row] += weight;
        columnSums[columns[at]] += weight;
      }
    let worst = 1;
    for (let i = 0; i < size; i++) {
      const ratio = rowSums[i] / columnSums[i];
      worst = Math.max(worst, ratio, 1 / ratio);
      // the fourth root is half the way: all rows move at once, and the whole way would overshoot
      factors[i] = ratio ** 0.25;
    }
    if (worst < 4) break;
    for (let row = 0; row < size; row++)
      for (let at = starts[row]; at < starts[row + 1]; at++)
        values[at] *= factors[columns[at]] / factors[row];
  }
  return { size, starts, columns, values };
}
