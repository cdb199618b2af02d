import { addTerm, type OpenTerm } from "./terms.js";

/**
 * `drive = base + sum over terms of scale * source[:, block] weights`.
 * @param base [batch, units], or null for zero
 * @param sum scratch of at least `units` numbers
 * @returns [batch, units]
 */
export function drive(
  batch: number,
  units: number,
  terms: readonly OpenTerm[],
  base: Float32Array | null,
  sum: Float64Array,
): Float32Array {
  const result = new Float32Array(batch * units);
  for (let row = 0; row < batch; row++) {
    const offset = row * units;
    for (let unit = 0; unit < units; unit++) sum[unit] = base ? base[offset + unit] : 0;
    for (const term of terms) addTerm(sum, row, term);
    for (let unit = 0; unit < units; unit++) result[offset + unit] = sum[unit];
  }
  return result;
}
