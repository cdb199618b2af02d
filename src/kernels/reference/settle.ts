import type { Activation } from "../kernels.js";
import { activate } from "./activations.js";
import { addProduct, type CompressedMatrix } from "./compressed-matrix.js";

/** A SettleRequest with its data at hand. */
export interface OpenSettle {
  readonly batch: number;
  readonly matrix: CompressedMatrix;
  readonly bias: Float32Array | null;
  readonly activation: Activation;
  /** [batch, neurons], or null for zero */
  readonly from: Float32Array | null;
  /** [batch, neurons] */
  readonly drive: Float32Array;
  readonly iterations: number;
  readonly tolerance: number | null;
  readonly report: boolean;
}

/** State at the end, and [residual, iterations made]. */
export interface SettledData {
  readonly state: Float32Array;
  readonly residual: number;
  readonly iterations: number;
}

/**
 * `h <- f(h W + b + drive)`, at most `iterations` times. Without an iteration the residual is infinite.
 * @param sum scratch of at least `neurons` numbers
 */
export function settle(request: OpenSettle, sum: Float64Array): SettledData {
  const { from, drive, iterations, tolerance, report } = request;
  const state = from ? from.slice() : new Float32Array(drive.length);
  let residual = Number.POSITIVE_INFINITY;
  let made = 0;
  while (made < iterations) {
    const measured = tolerance !== null || (report && made === iterations - 1);
    const change = iterate(request, state, made === 0 && from === null, measured, sum);
    made++;
    if (measured) residual = change;
    if (tolerance !== null && residual <= tolerance) break;
  }
  return { state, residual, iterations: made };
}

/** One iteration of all rows, in place. @returns max |h(t) - h(t-1)| when it is `measured` */
function iterate(
  { batch, matrix, bias, activation, drive }: OpenSettle,
  state: Float32Array,
  fromZero: boolean,
  measured: boolean,
  sum: Float64Array,
): number {
  const { neurons } = matrix;
  let change = 0;
  for (let row = 0; row < batch; row++) {
    const offset = row * neurons;
    for (let unit = 0; unit < neurons; unit++) sum[unit] = drive[offset + unit];
    if (bias) for (let unit = 0; unit < neurons; unit++) sum[unit] += bias[unit];
    if (!fromZero) addProduct(sum, state, offset, matrix);
    activate(activation, sum, neurons);
    if (measured) change = Math.max(change, largestChange(sum, state, offset, neurons));
    for (let unit = 0; unit < neurons; unit++) state[offset + unit] = sum[unit];
  }
  return change;
}

function largestChange(next: Float64Array, state: Float32Array, offset: number, neurons: number): number {
  let largest = 0;
  for (let unit = 0; unit < neurons; unit++) {
    largest = Math.max(largest, Math.abs(Math.fround(next[unit]) - state[offset + unit]));
  }
  return largest;
}
