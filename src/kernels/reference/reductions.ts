import { leastProbability } from "../shapes.js";

/**
 * Cross-entropy summed over the batch (nats), and how many outputs have their largest value where the target has.
 * @param output [batch, size]
 * @param target [batch, size]
 */
export function score(output: Float32Array, target: Float32Array, batch: number, size: number): Float32Array {
  let entropy = 0;
  let right = 0;
  for (let row = 0; row < batch; row++) {
    const offset = row * size;
    for (let unit = 0; unit < size; unit++) {
      const wanted = target[offset + unit];
      if (wanted !== 0) entropy -= wanted * Math.log(Math.max(output[offset + unit], leastProbability));
    }
    if (firstLargest(output, offset, size) === firstLargest(target, offset, size)) right++;
  }
  return Float32Array.of(entropy, right);
}

function firstLargest(values: Float32Array, offset: number, size: number): number {
  let best = 0;
  for (let unit = 1; unit < size; unit++) if (values[offset + unit] > values[offset + best]) best = unit;
  return best;
}

/** Units [start, end), every n-th, of one row or of the mean over all rows. @param tensor [batch, units] */
export function sample(
  tensor: Float32Array,
  batch: number,
  units: number,
  row: number | "mean",
  [start, end]: readonly [number, number],
  every: number,
): Float32Array {
  const result = new Float32Array(Math.ceil((end - start) / every));
  for (let k = 0; k < result.length; k++) {
    const unit = start + k * every;
    result[k] = row === "mean" ? columnMean(tensor, batch, units, unit) : tensor[row * units + unit];
  }
  return result;
}

function columnMean(tensor: Float32Array, batch: number, units: number, unit: number): number {
  let total = 0;
  for (let row = 0; row < batch; row++) total += tensor[row * units + unit];
  return total / batch;
}

/** Mean of |x|; of nothing it is 0. */
export function meanMagnitude(values: Float32Array): number {
  if (values.length === 0) return 0;
  return values.reduce((total, value) => total + Math.abs(value), 0) / values.length;
}
