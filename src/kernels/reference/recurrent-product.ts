import type { SparseWeights } from "../sparse-weights.js";

/** `sum <- sum + h W[from]` for one unit. Four at a time: a third less time, as the loop's own work is a product's. */
export function addRow(
  sum: Float64Array,
  h: number,
  from: number,
  { rows, columns, values }: SparseWeights,
): void {
  const end = rows[from + 1];
  let k = rows[from];
  for (; k < end - 3; k += 4) {
    sum[columns[k]] += h * values[k];
    sum[columns[k + 1]] += h * values[k + 1];
    sum[columns[k + 2]] += h * values[k + 2];
    sum[columns[k + 3]] += h * values[k + 3];
  }
  for (; k < end; k++) sum[columns[k]] += h * values[k];
}

/**
 * `sum <- sum + gain (h W)` for one row of a batch; units at zero cost nothing.
 * @param sum [neurons]
 * @param state [batch, neurons]; its row starts at `offset`
 */
export function addProduct(
  sum: Float64Array,
  state: Float32Array,
  offset: number,
  gain: number,
  matrix: SparseWeights,
): void {
  for (let from = 0; from < matrix.neurons; from++) {
    const h = state[offset + from];
    if (h !== 0) addRow(sum, gain * h, from, matrix);
  }
}
