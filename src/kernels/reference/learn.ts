import type { Block, OptimiserStep } from "../kernels.js";
import { leastWeight, type SparseWeights } from "../sparse-weights.js";

/** A GradientTerm with its data at hand. */
export interface OpenGradientTerm {
  /** null is the constant source of a bias */
  readonly source: Float32Array | null;
  readonly sourceUnits: number;
  readonly block: Block;
  readonly error: Float32Array;
  readonly errorUnits: number;
  readonly errorBlock: Block;
  readonly batch: number;
  readonly scale: number;
}

/**
 * `gradient = sum over terms of scale * source[:, block]^T error[:, errorBlock]`.
 * @param sum scratch of at least `size` numbers
 * @returns [block size * error block size]
 */
export function gradientOf(
  terms: readonly OpenGradientTerm[],
  size: number,
  sum: Float64Array,
): Float32Array {
  sum.fill(0, 0, size);
  for (const term of terms) {
    if (term.scale === 0) continue;
    if (term.source === null) addOnes(sum, term);
    else addOuterProducts(sum, term, term.source);
  }
  return new Float32Array(sum.subarray(0, size));
}

function addOnes(sum: Float64Array, { error, errorUnits, errorBlock, batch, scale }: OpenGradientTerm): void {
  const [first, last] = errorBlock;
  for (let row = 0; row < batch; row++) {
    const offset = row * errorUnits;
    for (let to = first; to < last; to++) sum[to - first] += scale * error[offset + to];
  }
}

function addOuterProducts(sum: Float64Array, term: OpenGradientTerm, source: Float32Array): void {
  const { sourceUnits, block, error, errorUnits, errorBlock, batch, scale } = term;
  const [first, last] = errorBlock;
  const columns = last - first;
  for (let row = 0; row < batch; row++) {
    const errorOffset = row * errorUnits + first;
    for (let from = block[0]; from < block[1]; from++) {
      const carried = scale * source[row * sourceUnits + from];
      if (carried === 0) continue;
      const offset = (from - block[0]) * columns;
      for (let to = 0; to < columns; to++) sum[offset + to] += carried * error[errorOffset + to];
    }
  }
}

/**
 * The same at the connections of a recurrent matrix alone; the others are never made.
 * @returns [connections]
 */
export function connectionGradient(
  terms: readonly OpenGradientTerm[],
  { neurons, rows, columns }: SparseWeights,
): Float32Array {
  const sums = new Float64Array(columns.length);
  for (const { source, sourceUnits, block, error, errorUnits, errorBlock, batch, scale } of terms) {
    if (scale === 0 || source === null) continue;
    for (let row = 0; row < batch; row++) {
      const errorOffset = row * errorUnits + errorBlock[0];
      for (let from = 0; from < neurons; from++) {
        const carried = scale * source[row * sourceUnits + block[0] + from];
        for (let k = rows[from]; k < rows[from + 1]; k++)
          sums[k] += carried * error[errorOffset + columns[k]];
      }
    }
  }
  return new Float32Array(sums);
}

/** Keeps the connections whose weights have become 0, in place. */
export function keepConnections(values: Float32Array): void {
  for (let k = 0; k < values.length; k++) if (values[k] === 0) values[k] = leastWeight;
}

/** `w <- w - lr g`, in place. */
export function sgdStep(weights: Float32Array, gradient: Float32Array, learningRate: number): void {
  for (let k = 0; k < weights.length; k++) weights[k] -= learningRate * gradient[k];
}

/**
 * `m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2; w <- w - lr m' / (sqrt(v') + eps)`, in place, with the
 * bias-corrected `m' = m / (1 - b1^t)` and `v' = v / (1 - b2^t)`.
 * @see Kingma and Ba 2015, algorithm 1
 */
export function adamStep(
  weights: Float32Array,
  first: Float32Array,
  second: Float32Array,
  gradient: Float32Array,
  { learningRate, beta1, beta2, epsilon, step }: Extract<OptimiserStep, { kind: "adam" }>,
): void {
  const rate = learningRate / (1 - beta1 ** step);
  const secondFactor = 1 / (1 - beta2 ** step);
  for (let k = 0; k < weights.length; k++) {
    const g = gradient[k];
    const m = beta1 * first[k] + (1 - beta1) * g;
    const v = beta2 * second[k] + (1 - beta2) * g * g;
    first[k] = m;
    second[k] = v;
    weights[k] -= (rate * m) / (Math.sqrt(v * secondFactor) + epsilon);
  }
}
