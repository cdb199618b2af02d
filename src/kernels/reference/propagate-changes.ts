import type { SparseWeights } from "../sparse-weights.js";
import { addRow } from "./recurrent-product.js";

/** What a module remembers while it propagates changes only; see Propagated. Changed in place. */
export interface OpenPropagated {
  /** [batch, neurons] */
  readonly spoken: Float32Array;
  /** [batch, neurons]; changes are summed in double, and kept as float32 between iterations */
  readonly sum: Float32Array;
}

/**
 * Lets the units of one row speak whose state changed by more than epsilon:
 * `sum <- sum + (h - spoken) W[unit]`, `spoken <- h`.
 * @param state [batch, neurons]; its row starts at `offset`
 * @param epsilon null: all units speak
 * @param scratch of at least `neurons` numbers
 */
export function propagateChanges(
  { spoken, sum }: OpenPropagated,
  state: Float32Array,
  offset: number,
  epsilon: number | null,
  matrix: SparseWeights,
  scratch: Float64Array,
): void {
  const { neurons } = matrix;
  for (let unit = 0; unit < neurons; unit++) scratch[unit] = sum[offset + unit];
  for (let unit = 0; unit < neurons; unit++) {
    const change = state[offset + unit] - spoken[offset + unit];
    if (change === 0 || (epsilon !== null && !(Math.abs(change) > epsilon))) continue;
    addRow(scratch, change, unit, matrix);
    spoken[offset + unit] = state[offset + unit];
  }
  for (let unit = 0; unit < neurons; unit++) sum[offset + unit] = scratch[unit];
}
