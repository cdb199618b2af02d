import { EddyError } from "../errors.js";
import { neuronsMax, type SparseWeights, scaledWeights } from "../kernels/sparse-weights.js";
import type { Random } from "./random.js";
import { spectralRadius as spectralRadiusOf } from "./spectral-radius.js";

/** What the recurrent weights of a module are drawn by. */
export interface RecurrentWeightsOptions {
  /** Units of the module. */
  readonly neurons: number;
  /** Drawn connections as a part of all neurons * neurons, in [0, 1]; 0 leaves a layer without recurrence. */
  readonly connectionRate: number;
  /** Largest |eigenvalue| of the result, > 0; of no effect where nothing is drawn. */
  readonly spectralRadius: number;
}

/** A drawn matrix whose spectral radius is smaller than this has no cycle to speak of: scaling it would be noise. */
const smallestRadius = 1e-3;

/** Draws, by row and within it in the order drawn. */
interface Draws {
  /** [neurons + 1] */
  readonly rows: Uint32Array;
  readonly columns: Uint16Array;
  readonly values: Float64Array;
}

/** Draws position and value in turn, and sorts them by row. */
function draw({ neurons, connectionRate }: RecurrentWeightsOptions, source: Random): Draws {
  const places = neurons * neurons;
  const drawn = Math.floor(places * connectionRate);
  const positions = new Uint32Array(drawn);
  const values = new Float64Array(drawn);
  const rows = new Uint32Array(neurons + 1);
  for (let i = 0; i < drawn; i++) {
    positions[i] = source.integer(places);
    values[i] = source.uniform(-1, 1);
    rows[Math.floor(positions[i] / neurons) + 1]++;
  }
  for (let from = 0; from < neurons; from++) rows[from + 1] += rows[from];
  const next = rows.slice();
  const sorted = { rows, columns: new Uint16Array(drawn), values: new Float64Array(drawn) };
  for (let i = 0; i < drawn; i++) {
    const from = Math.floor(positions[i] / neurons);
    const at = next[from]++;
    sorted.columns[at] = positions[i] - from * neurons;
    sorted.values[at] = values[i];
  }
  return sorted;
}

/**
 * The connections of a module as they are drawn, not scaled yet. Repeats are added up as float32, in the order drawn, so
 * one row at a time is laid out with its zeros.
 */
function drawConnections(options: RecurrentWeightsOptions, source: Random): SparseWeights {
  const { neurons } = options;
  const { rows: starts, columns: drawn, values: added } = draw(options, source);
  const rows = new Uint32Array(neurons + 1);
  const columns = new Uint16Array(drawn.length);
  const values = new Float32Array(drawn.length);
  const row = new Float32Array(neurons);
  let next = 0;
  for (let from = 0; from < neurons; from++) {
    for (let k = starts[from]; k < starts[from + 1]; k++) row[drawn[k]] += added[k];
    for (const to of drawn.subarray(starts[from], starts[from + 1]).sort()) {
      // a repeat, which has been taken already, or what cancelled
      if (row[to] === 0) continue;
      columns[next] = to;
      values[next] = row[to];
      next++;
      row[to] = 0;
    }
    rows[from + 1] = next;
  }
  return { neurons, rows, columns: columns.slice(0, next), values: values.slice(0, next) };
}

/** The weights of a layer without recurrence. */
const noConnections = (neurons: number): SparseWeights => ({
  neurons,
  rows: new Uint32Array(neurons + 1),
  columns: new Uint16Array(),
  values: new Float32Array(),
});

/**
 * Recurrent weights to measure with: drawn as {@link recurrentWeights} draws them, and scaled by the spectral radius
 * that such matrices have on average, `sqrt(neurons * connectionRate / 3)`, since finding it takes longer than the
 * measurement.
 */
export function roughRecurrentWeights(options: RecurrentWeightsOptions, source: Random): SparseWeights {
  const { neurons, connectionRate, spectralRadius } = options;
  if (connectionRate === 0) return noConnections(neurons);
  const factor = spectralRadius / Math.sqrt((neurons * connectionRate) / 3);
  return scaledWeights(drawConnections(options, source), factor);
}

/**
 * Draws the recurrent weights of a module: `floor(neurons^2 * connectionRate)` times a position, with
 * replacement, and a value uniform in [-1, 1), which is added there; then
 * `W <- W * spectralRadius / max |eigenvalue of W|`. At rate 0 nothing is drawn and no eigenvalue sought. Takes memory for the connections, and none for what is not connected.
 * @param source draws position and value in turn
 * @returns row = from, column = to
 * @throws EddyError INVALID_ARGUMENT; NO_SPECTRAL_RADIUS when the draw has (nearly) no recurrence, so that no
 *   factor gives it a spectral radius
 * @see Liu et al. 2026, the authors' code
 */
export function recurrentWeights(options: RecurrentWeightsOptions, source: Random): SparseWeights {
  check(options);
  const { neurons, connectionRate, spectralRadius } = options;
  if (connectionRate === 0) return noConnections(neurons);
  const weights = drawConnections(options, source);
  const drawn = spectralRadiusOf(weights);
  if (drawn < smallestRadius)
    throw new EddyError(
      "NO_SPECTRAL_RADIUS",
      `connectionRate: ${connectionRate} of ${neurons} x ${neurons} gave ` +
        `${Math.floor(neurons * neurons * connectionRate)} connections of spectral ` +
        `radius ${Number(drawn.toPrecision(3))}, too few cycles to scale to ${spectralRadius}; raise ` +
        `connectionRate (or neurons), or take another seed`,
    );
  return scaledWeights(weights, spectralRadius / drawn);
}

function check({ neurons, connectionRate, spectralRadius }: RecurrentWeightsOptions): void {
  if (!Number.isInteger(neurons) || neurons < 1 || neurons > neuronsMax)
    throw new EddyError(
      "INVALID_ARGUMENT",
      `neurons: given ${neurons}, needed a whole number from 1 to ${neuronsMax}`,
    );
  if (!(connectionRate >= 0 && connectionRate <= 1))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `connectionRate: given ${connectionRate}, needed a number in [0, 1]`,
    );
  if (!(spectralRadius > 0 && Number.isFinite(spectralRadius)))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `spectralRadius: given ${spectralRadius}, needed a number above 0`,
    );
}
