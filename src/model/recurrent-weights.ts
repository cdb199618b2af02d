import { EddyError } from "../errors.js";
import type { Random } from "./random.js";
import { spectralRadius as spectralRadiusOf } from "./spectral-radius.js";

/** What the recurrent weights of a module are drawn by. */
export interface RecurrentWeightsOptions {
  /** Units of the module. */
  readonly neurons: number;
  /** Drawn connections as a part of all neurons * neurons, in (0, 1]. */
  readonly connectionRate: number;
  /** Largest |eigenvalue| of the result, > 0. */
  readonly spectralRadius: number;
}

/** A drawn matrix whose spectral radius is smaller than this has no cycle to speak of: scaling it would be noise. */
const smallestRadius = 1e-3;

/** The connections of a module as they are drawn, not scaled yet. */
function drawConnections({ neurons, connectionRate }: RecurrentWeightsOptions, source: Random): Float32Array {
  const weights = new Float32Array(neurons * neurons);
  const connections = Math.floor(weights.length * connectionRate);
  for (let i = 0; i < connections; i++) {
    const position = source.integer(weights.length);
    weights[position] += source.uniform(-1, 1);
  }
  return weights;
}

/**
 * Recurrent weights to measure with: drawn as {@link recurrentWeights} draws them, and scaled by the spectral radius
 * that such matrices have on average, `sqrt(neurons * connectionRate / 3)`, since finding it takes longer than the
 * measurement.
 */
export function roughRecurrentWeights(options: RecurrentWeightsOptions, source: Random): Float32Array {
  const { neurons, connectionRate, spectralRadius } = options;
  const factor = spectralRadius / Math.sqrt((neurons * connectionRate) / 3);
  return drawConnections(options, source).map((weight) => weight * factor);
}

/**
 * Draws the recurrent weights of a module: `floor(neurons^2 * connectionRate)` times a position, with
 * replacement, and a value uniform in [-1, 1), which is added there; then
 * `W <- W * spectralRadius / max |eigenvalue of W|`.
 * @param source draws position and value in turn
 * @returns [neurons, neurons] row-major, row = from, column = to
 * @throws EddyError INVALID_ARGUMENT; NO_SPECTRAL_RADIUS when the draw has (nearly) no recurrence, so that no
 *   factor gives it a spectral radius
 * @see Liu et al. 2026, the authors' code
 */
export function recurrentWeights(options: RecurrentWeightsOptions, source: Random): Float32Array {
  check(options);
  const { neurons, connectionRate, spectralRadius } = options;
  const weights = drawConnections(options, source);
  const connections = Math.floor(weights.length * connectionRate);
  const drawn = spectralRadiusOf(weights, neurons);
  if (drawn < smallestRadius)
    throw new EddyError(
      "NO_SPECTRAL_RADIUS",
      `connectionRate: ${connectionRate} of ${neurons} x ${neurons} gave ${connections} connections of spectral ` +
        `radius ${Number(drawn.toPrecision(3))}, too few cycles to scale to ${spectralRadius}; raise ` +
        `connectionRate (or neurons), or take another seed`,
    );
  const factor = spectralRadius / drawn;
  for (let i = 0; i < weights.length; i++) weights[i] *= factor;
  return weights;
}

function check({ neurons, connectionRate, spectralRadius }: RecurrentWeightsOptions): void {
  if (!Number.isInteger(neurons) || neurons < 1)
    throw new EddyError("INVALID_ARGUMENT", `neurons: given ${neurons}, needed a whole number from 1 up`);
  if (!(connectionRate > 0 && connectionRate <= 1))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `connectionRate: given ${connectionRate}, needed a number in (0, 1]`,
    );
  if (!(spectralRadius > 0 && Number.isFinite(spectralRadius)))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `spectralRadius: given ${spectralRadius}, needed a number above 0`,
    );
}
