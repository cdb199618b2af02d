import { EddyError } from "../errors.js";

/**
 * Recurrent weights [from, to] without their zeros, 6 bytes a connection: row by row (a row is one neuron's, as the
 * source) the columns of those that are not zero, ascending, and their values.
 */
export interface SparseWeights {
  readonly neurons: number;
  /** [neurons + 1] where each row starts in the other two, and where the last one ends */
  readonly rows: Uint32Array;
  /** [connections] targets */
  readonly columns: Uint16Array;
  /** [connections] weights */
  readonly values: Float32Array;
}

/** What a connection's weight becomes in place of 0, at which it would be none, when it learns: the smallest normal float32. */
export const leastWeight = 2 ** -126;

/** Columns have 16 bits. */
export const neuronsMax = 65_536;

function checkNeurons(neurons: number): void {
  if (Number.isInteger(neurons) && neurons >= 0 && neurons <= neuronsMax) return;
  throw new EddyError(
    "INVALID_ARGUMENT",
    `recurrent weights of ${neurons} neurons, needed a whole number up to ${neuronsMax}`,
  );
}

/**
 * Leaves the zeros out.
 * @param data [neurons, neurons], row-major
 * @throws EddyError SHAPE_MISMATCH; INVALID_ARGUMENT for more than {@link neuronsMax} neurons
 */
export function sparseWeights(data: Float32Array, neurons: number): SparseWeights {
  checkNeurons(neurons);
  if (data.length !== neurons * neurons) {
    throw new EddyError(
      "SHAPE_MISMATCH",
      `recurrent weights: given ${data.length} numbers for ${neurons} neurons, needed ${neurons * neurons}`,
    );
  }
  let connections = 0;
  for (let at = 0; at < data.length; at++) if (data[at] !== 0) connections++;
  const rows = new Uint32Array(neurons + 1);
  const columns = new Uint16Array(connections);
  const values = new Float32Array(connections);
  let next = 0;
  for (let from = 0, at = 0; from < neurons; from++) {
    for (let to = 0; to < neurons; to++, at++) {
      if (data[at] === 0) continue;
      columns[next] = to;
      values[next] = data[at];
      next++;
    }
    rows[from + 1] = next;
  }
  return { neurons, rows, columns, values };
}

/** With the zeros. @returns [neurons, neurons], row-major */
export function denseWeights({ neurons, rows, columns, values }: SparseWeights): Float32Array {
  const data = new Float32Array(neurons * neurons);
  for (let from = 0; from < neurons; from++) {
    for (let k = rows[from]; k < rows[from + 1]; k++) data[from * neurons + columns[k]] = values[k];
  }
  return data;
}

/** All weights times a factor; what becomes too small for a float32 is left out. */
export function scaledWeights(
  { neurons, rows, columns, values }: SparseWeights,
  factor: number,
): SparseWeights {
  const scaled = values.map((value) => value * factor);
  if (!scaled.includes(0)) return { neurons, rows, columns, values: scaled };
  const kept = new Uint32Array(neurons + 1);
  for (let from = 0; from < neurons; from++) {
    kept[from + 1] = kept[from];
    for (let k = rows[from]; k < rows[from + 1]; k++) if (scaled[k] !== 0) kept[from + 1]++;
  }
  return {
    neurons,
    rows: kept,
    columns: columns.filter((_, k) => scaled[k] !== 0),
    values: scaled.filter((value) => value !== 0),
  };
}

/** Recurrent weights target by target: the sources of those that are not zero, ascending, and their values. */
export interface Columns {
  /** [neurons + 1] */
  readonly starts: Uint32Array;
  readonly sources: Uint16Array;
  readonly weights: Float32Array;
}

/** The same weights source by source. */
export function weightsOfColumns({ starts, sources, weights }: Columns): SparseWeights {
  const neurons = starts.length - 1;
  const rows = new Uint32Array(neurons + 1);
  for (const from of sources) rows[from + 1]++;
  for (let from = 0; from < neurons; from++) rows[from + 1] += rows[from];
  const next = rows.slice();
  const columns = new Uint16Array(weights.length);
  const values = new Float32Array(weights.length);
  for (let to = 0; to < neurons; to++) {
    for (let k = starts[to]; k < starts[to + 1]; k++) {
      const at = next[sources[k]]++;
      columns[at] = to;
      values[at] = weights[k];
    }
  }
  return { neurons, rows, columns, values };
}

/** W^T: each row taken as a column. */
export const transposedWeights = ({ rows, columns, values }: SparseWeights): SparseWeights =>
  weightsOfColumns({ starts: rows, sources: columns, weights: values });

/** A copy that shares nothing. */
export const copiedWeights = ({ neurons, rows, columns, values }: SparseWeights): SparseWeights => ({
  neurons,
  rows: rows.slice(),
  columns: columns.slice(),
  values: values.slice(),
});

/**
 * Checks weights that somebody else put together.
 * @throws EddyError SHAPE_MISMATCH when the lengths do not fit; INVALID_ARGUMENT when rows or the columns of a row do not
 *   ascend, a column is none, or a value is zero
 */
export function checkWeights({ neurons, rows, columns, values }: SparseWeights): void {
  checkNeurons(neurons);
  const refuse = (found: string, needed: string): never => {
    throw new EddyError("INVALID_ARGUMENT", `recurrent weights: ${found}, needed ${needed}`);
  };
  const connections = columns.length;
  if (rows.length !== neurons + 1 || values.length !== connections) {
    throw new EddyError(
      "SHAPE_MISMATCH",
      `recurrent weights of ${neurons} neurons: given ${rows.length} row starts, ${connections} columns and ` +
        `${values.length} values, needed ${neurons + 1} row starts and as many columns as values`,
    );
  }
  if (rows[0] !== 0 || rows[neurons] !== connections) {
    refuse(`rows go from ${rows[0]} to ${rows[neurons]}`, `0 to ${connections}, the number of columns`);
  }
  for (let from = 0; from < neurons; from++) {
    const end = rows[from + 1];
    if (end < rows[from] || end > connections) {
      refuse(
        `row ${from} goes from ${rows[from]} to ${end}`,
        `rows one after the other up to ${connections}`,
      );
    }
    for (let k = rows[from], last = -1; k < end; k++) {
      if (columns[k] <= last || columns[k] >= neurons) {
        refuse(`column ${columns[k]} follows ${last} in row ${from}`, `columns that ascend below ${neurons}`);
      }
      if (values[k] === 0) refuse(`entry [${from}, ${columns[k]}] is 0`, "entries that are not zero");
      last = columns[k];
    }
  }
}
