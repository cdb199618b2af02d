import { activate } from "../activations.js";
import type { Nonlinearity } from "../kernels.js";
import { addTerm, type OpenTerm } from "./terms.js";

/**
 * `nonlinearity(sum of terms + bias)`.
 * @param bias [size], or null for zero
 * @param sum scratch of at least `size` numbers
 * @returns [batch, size]
 */
export function readout(
  batch: number,
  size: number,
  terms: readonly OpenTerm[],
  bias: Float32Array | null,
  nonlinearity: Nonlinearity,
  sum: Float64Array,
): Float32Array {
  const result = new Float32Array(batch * size);
  for (let row = 0; row < batch; row++) {
    for (let unit = 0; unit < size; unit++) sum[unit] = bias ? bias[unit] : 0;
    for (const term of terms) addTerm(sum, row, term);
    if (nonlinearity === "softmax") softmax(sum, size);
    else activate(nonlinearity, sum, size);
    for (let unit = 0; unit < size; unit++) result[row * size + unit] = sum[unit];
  }
  return result;
}

/** `exp(u) / sum exp(u)`, in place; the largest value is taken off first, so that nothing overflows. */
function softmax(values: Float64Array, size: number): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let unit = 0; unit < size; unit++) largest = Math.max(largest, values[unit]);
  let total = 0;
  for (let unit = 0; unit < size; unit++) {
    values[unit] = Math.exp(values[unit] - largest);
    total += values[unit];
  }
  for (let unit = 0; unit < size; unit++) values[unit] /= total;
}
