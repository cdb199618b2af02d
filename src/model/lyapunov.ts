import { EddyError } from "../errors.js";
import { activate, slopes } from "../kernels/activations.js";
import type { Activation } from "../kernels/kernels.js";
import { checkShape } from "../kernels/shapes.js";
import type { SparseWeights } from "../kernels/sparse-weights.js";

/** A module's dynamics and where they begin. */
export interface Perturbed {
  readonly weights: SparseWeights;
  readonly activation: Activation;
  /** part of its way that a unit goes in an iteration, in (0, 1], dimensionless; absent means 1 */
  readonly timeStep?: number;
  /** [neurons] drive and bias, constant, dimensionless; absent: autonomous */
  readonly drive?: ArrayLike<number>;
  /** [neurons] u at the start, dimensionless */
  readonly start: ArrayLike<number>;
  /** [neurons] direction of the perturbation, of any length but zero */
  readonly perturbation: ArrayLike<number>;
}

/** u and a perturbation v of it, and where their successors are summed up. */
interface Course {
  u: Float64Array;
  v: Float64Array;
  nextU: Float64Array;
  nextV: Float64Array;
}

/** `v <- v J(u)`, then the next u; both read a row of W once. */
function step({ weights, activation, timeStep = 1, drive }: Perturbed, course: Course): void {
  const { neurons, rows, columns, values } = weights;
  const { u, v, nextU, nextV } = course;
  const slope = slopes[activation];
  activate(activation, u, neurons);
  nextU.fill(0);
  nextV.fill(0);
  for (let from = 0; from < neurons; from++) {
    const state = u[from];
    // from here on the perturbation of the state
    v[from] *= slope(state);
    const change = v[from];
    for (let k = rows[from]; k < rows[from + 1]; k++) {
      nextU[columns[k]] += state * values[k];
      nextV[columns[k]] += change * values[k];
    }
  }
  for (let to = 0; to < neurons; to++) {
    nextU[to] = (1 - timeStep) * u[to] + timeStep * (nextU[to] + (drive ? drive[to] : 0));
    nextV[to] = (1 - timeStep) * v[to] + timeStep * nextV[to];
  }
  course.u = nextU;
  course.v = nextV;
  course.nextU = u;
  course.nextV = v;
}

const lengthOf = (vector: Float64Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

/** Divides a vector by its length, and returns that; zero stays zero. */
function normalise(vector: Float64Array): number {
  const length = lengthOf(vector);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return length;
}

/**
 * How a perturbation of a module's state grows, step by step: `u <- f(u) W + drive`, then `v <- v J(u)` with the Jacobian
 * `J(u) = diag(f'(u)) W` at the state that was reached, `growth = log |v|` and `v <- v / |v|`. Rows are sources, so
 * this is the transpose of what the paper writes. With a time step s it is `u <- (1 - s) f(u) + s (f(u) W + drive)` and
 * `J(u) = diag(f'(u)) ((1 - s) + s W)`. In double precision.
 * @returns endlessly, a step for each that is taken: log growth, dimensionless; -Infinity from the step on in which
 *   nothing is left of the perturbation
 * @throws EddyError SHAPE_MISMATCH; INVALID_ARGUMENT for a perturbation of length zero; NOT_FINITE when the state grows
 *   beyond all bounds, which only an unbounded activation allows
 * @see Liu et al. 2026, Materials and methods, Maximum Lyapunov exponent; Wolf et al. 1985
 */
export function* perturbationGrowth(perturbed: Perturbed): Generator<number, never> {
  const { weights, drive, start, perturbation } = perturbed;
  const { neurons } = weights;
  for (const [what, { length }] of Object.entries({ start, perturbation, drive: drive ?? start }))
    checkShape(`Lyapunov exponent: ${what}`, [length], [neurons]);
  const course: Course = {
    u: Float64Array.from(start),
    v: new Float64Array(neurons),
    nextU: new Float64Array(neurons),
    nextV: new Float64Array(neurons),
  };
  step(perturbed, course);
  course.v = Float64Array.from(perturbation);
  if (!(normalise(course.v) > 0)) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      "Lyapunov exponent: the perturbation has length zero, needed any other",
    );
  }
  for (let n = 1; ; n++) {
    step(perturbed, course);
    const growth = Math.log(normalise(course.v));
    if (!course.u.every(Number.isFinite)) {
      throw new EddyError(
        "NOT_FINITE",
        `Lyapunov exponent: the state grew beyond all bounds in step ${n}; lower the spectral radius, or take fewer steps`,
      );
    }
    yield growth;
  }
}

/**
 * `1/N sum of log |v(n)|` over the first N steps: the maximum Lyapunov exponent for large N, its finite-time form for
 * small N.
 * @param growth [steps] of {@link perturbationGrowth}, the first ones
 * @returns per step, dimensionless
 * @see Liu et al. 2026, Materials and methods
 */
export const lyapunovExponent = (growth: Float64Array, steps = growth.length): number =>
  growth.subarray(0, steps).reduce((sum, value) => sum + value, 0) / steps;
