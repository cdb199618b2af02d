import { activate } from "../activations.js";
import type { Activation } from "../kernels.js";
import type { SparseWeights } from "../sparse-weights.js";
import { type OpenPropagated, propagateChanges } from "./propagate-changes.js";
import { addProduct } from "./recurrent-product.js";

/** A SettleRequest with its data at hand. */
export interface OpenSettle {
  readonly batch: number;
  readonly matrix: SparseWeights;
  readonly gain: number;
  readonly timeStep: number;
  readonly bias: Float32Array | null;
  readonly activation: Activation;
  /** [batch, neurons], or null for zero */
  readonly from: Float32Array | null;
  /** [batch, neurons] */
  readonly drive: Float32Array;
  readonly iterations: number;
  readonly tolerance: number | null;
  readonly report: boolean;
  /** null for full products */
  readonly changes: OpenChanges | null;
}

/** A ChangePropagation with its data at hand. */
export interface OpenChanges {
  readonly epsilon: number;
  readonly remembered: OpenPropagated | null;
}

/** State at the end, residual and iterations made, and what is remembered. */
export interface SettledData {
  readonly state: Float32Array;
  readonly residual: number;
  readonly iterations: number;
  readonly propagated: OpenPropagated | null;
}

/** What adds `gain (h W)` to the sums of one row, for a state that is not zero throughout. */
type Recurrence = (sum: Float64Array, state: Float32Array, offset: number) => void;

/** The sums of a row, in double precision, reused from call to call: at batch 1 allocation would cost as much as the work. */
export interface SettleScratch {
  /** at least `neurons` numbers each */
  readonly sum: Float64Array;
  readonly changes: Float64Array;
}

/** `h <- f((1 - timeStep) h + timeStep (gain (h W) + b + drive))`, at most `iterations` times. Without an iteration the residual is infinite. */
export function settle(request: OpenSettle, scratch: SettleScratch): SettledData {
  const { from, drive, iterations, tolerance, report, changes, gain, matrix } = request;
  const state = from ? from.slice() : new Float32Array(drive.length);
  const propagated = changes && remembered(changes, drive.length);
  const product: Recurrence = (sum, h, offset) => addProduct(sum, h, offset, gain, matrix);
  let residual = Number.POSITIVE_INFINITY;
  let made = 0;
  while (made < iterations) {
    const measured = tolerance !== null || (report && made === iterations - 1);
    const first = made === 0 && changes?.remembered === null;
    const epsilon = first ? null : (changes?.epsilon ?? null);
    const recurrence: Recurrence = propagated
      ? (sum, h, offset) => addChanges(sum, propagated, h, offset, epsilon, request, scratch.changes)
      : product;
    const atRest = made === 0 && from === null && !changes?.remembered;
    const change = iterate(request, state, atRest ? null : recurrence, measured, scratch.sum);
    made++;
    if (measured) residual = change;
    if (tolerance !== null && residual <= tolerance) break;
  }
  return { state, residual, iterations: made, propagated };
}

/** A copy of what was remembered, or of nothing. */
function remembered({ remembered: before }: OpenChanges, size: number): OpenPropagated {
  if (!before) return { spoken: new Float32Array(size), sum: new Float32Array(size) };
  return { spoken: before.spoken.slice(), sum: before.sum.slice() };
}

/** Lets changes speak, then adds `gain (spoken W)`: rounded as it is kept, so that a module at rest stays as it is. */
function addChanges(
  sum: Float64Array,
  propagated: OpenPropagated,
  state: Float32Array,
  offset: number,
  epsilon: number | null,
  { gain, matrix }: OpenSettle,
  scratch: Float64Array,
): void {
  propagateChanges(propagated, state, offset, epsilon, matrix, scratch);
  for (let unit = 0; unit < matrix.neurons; unit++) sum[unit] += gain * propagated.sum[offset + unit];
}

/**
 * One iteration of all rows, in place.
 * @param recurrence null when the state is zero and nothing is remembered
 * @returns max |h(t) - h(t-1)| when it is `measured`
 */
function iterate(
  { batch, matrix, bias, activation, drive, timeStep }: OpenSettle,
  state: Float32Array,
  recurrence: Recurrence | null,
  measured: boolean,
  sum: Float64Array,
): number {
  const { neurons } = matrix;
  let change = 0;
  for (let row = 0; row < batch; row++) {
    const offset = row * neurons;
    for (let unit = 0; unit < neurons; unit++) sum[unit] = drive[offset + unit];
    if (bias) for (let unit = 0; unit < neurons; unit++) sum[unit] += bias[unit];
    recurrence?.(sum, state, offset);
    if (timeStep !== 1) stepTowards(sum, state, offset, neurons, timeStep);
    activate(activation, sum, neurons);
    if (measured) change = Math.max(change, largestChange(sum, state, offset, neurons));
    for (let unit = 0; unit < neurons; unit++) state[offset + unit] = sum[unit];
  }
  return change;
}

/** Goes a part of the way from the state to the sums, in place. */
function stepTowards(
  sum: Float64Array,
  state: Float32Array,
  offset: number,
  neurons: number,
  timeStep: number,
): void {
  for (let unit = 0; unit < neurons; unit++)
    sum[unit] = (1 - timeStep) * state[offset + unit] + timeStep * sum[unit];
}

function largestChange(next: Float64Array, state: Float32Array, offset: number, neurons: number): number {
  let largest = 0;
  for (let unit = 0; unit < neurons; unit++) {
    largest = Math.max(largest, Math.abs(Math.fround(next[unit]) - state[offset + unit]));
  }
  return largest;
}
