import type { Activation, Nonlinearity } from "../../src/kernels/kernels.js";
import type {
  DriveCase,
  GradientTermCase,
  LearnCase,
  ReadoutCase,
  SettleCase,
  TermCase,
} from "../arbitraries/kernel-cases.js";

/**
 * The kernels' equations once more, in double precision, element by element from their definition: slow, and
 * without a line in common with any backend.
 */
const range = (end: number): number[] => Array.from({ length: end }, (_, index) => index);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const activation: Record<Activation, (u: number) => number> = {
  tanh: (u) => (Math.exp(2 * u) - 1) / (Math.exp(2 * u) + 1),
  sigmoid: (u) => Math.exp(u) / (Math.exp(u) + 1),
  relu: (u) => Math.max(u, 0),
  relu6: (u) => Math.min(Math.max(u, 0), 6),
  hardSigmoid: (u) => (u >= 3 ? 1 : u <= -3 ? 0 : (u + 3) / 6),
  linear: (u) => u,
  sign: (u) => (u > 0 ? 1 : u < 0 ? -1 : 0),
  clip: (u) => (u > 1 ? 1 : u < 0 ? 0 : u),
};

/** What a term gives to one unit of one row. */
function carried(term: TermCase, row: number, unit: number): number {
  const [start, end] = term.block;
  const [first, last] = term.target;
  if (unit < first || unit >= last) return 0;
  const weight = (from: number): number =>
    term.transposed
      ? term.weights[(unit - first) * (end - start) + from]
      : term.weights[from * (last - first) + unit - first];
  return (
    term.scale *
    sum(range(end - start).map((from) => term.source[row * term.sourceUnits + start + from] * weight(from)))
  );
}

export const drive = ({ batch, units, terms, base }: DriveCase): number[] =>
  range(batch).flatMap((row) =>
    range(units).map(
      (unit) => (base ? base[row * units + unit] : 0) + sum(terms.map((term) => carried(term, row, unit))),
    ),
  );

const outputs: Record<Nonlinearity, (u: readonly number[]) => number[]> = {
  softmax: (u) => u.map((value) => Math.exp(value) / sum(u.map(Math.exp))),
  sigmoid: (u) => u.map(activation.sigmoid),
  linear: (u) => [...u],
};

export function readout({ batch, units, terms, bias, nonlinearity }: ReadoutCase): number[] {
  const u = drive({ batch, units, terms, base: null });
  return range(batch).flatMap((row) =>
    outputs[nonlinearity](range(units).map((unit) => u[row * units + unit] + (bias ? bias[unit] : 0))),
  );
}

/** All iterations of a settling. */
export interface Trajectory {
  /** of 0, 1, 2, ... iterations */
  readonly states: readonly (readonly number[])[];
  readonly residuals: readonly number[];
  /** what was remembered after 0, 1, 2, ... iterations; none where full products are made */
  readonly spoken: readonly (readonly number[])[];
  readonly sums: readonly (readonly number[])[];
  /** |h - spoken| of all units in all iterations in which it decides whether they speak */
  readonly changes: readonly (readonly number[])[];
}

/** `h W`, [batch, neurons] */
const product = ({ batch, neurons, matrix }: SettleCase, h: readonly number[]): number[] =>
  range(batch * neurons).map((index) => {
    const unit = index % neurons;
    return sum(range(neurons).map((from) => h[index - unit + from] * matrix[from * neurons + unit]));
  });

export function trajectory(given: SettleCase): Trajectory {
  const { batch, neurons, gain, timeStep, bias, from, iterations, changes } = given;
  const zeros = range(batch * neurons).map(() => 0);
  const states = [from ? [...from] : zeros];
  const spoken = [[...(changes?.remembered?.spoken ?? zeros)]];
  const sums = [[...(changes?.remembered?.sum ?? zeros)]];
  const residuals: number[] = [];
  const decided: number[][] = [];
  for (let made = 0; made < iterations; made++) {
    const h = states[made];
    const change = h.map((value, index) => value - spoken[made][index]);
    const all = !changes || (made === 0 && !changes.remembered);
    const speaks = change.map((value) => all || Math.abs(value) > changes.epsilon);
    decided.push(all ? [] : change.map(Math.abs));
    const said = product(
      given,
      change.map((value, index) => (speaks[index] ? value : 0)),
    );
    spoken.push(h.map((value, index) => (speaks[index] ? value : spoken[made][index])));
    sums.push(said.map((value, index) => sums[made][index] + value));
    const recurrent = changes ? sums[made + 1] : product(given, h);
    const next = recurrent.map((value, index) => {
      const goal = (gain ?? 1) * value + (bias ? bias[index % neurons] : 0) + given.drive[index];
      return activation[given.activation](h[index] + (timeStep ?? 1) * (goal - h[index]));
    });
    states.push(next);
    residuals.push(Math.max(...next.map((value, index) => Math.abs(value - h[index]))));
  }
  return { states, residuals, spoken, sums, changes: decided };
}

/**
 * Whether rounding cannot decide who speaks: no change lies at epsilon, unless it is exact there (the states of `sign`
 * are), or so small that it does not matter.
 */
export function clearOfEpsilon(
  { changes, activation: f }: SettleCase,
  { changes: made }: Trajectory,
): boolean {
  const epsilon = changes?.epsilon ?? 0;
  return made.flat().every((change) => epsilon === 0 || f === "sign" || Math.abs(change - epsilon) > 1e-5);
}

/** Iterations that a settle makes. */
export function iterationsMade({ iterations, tolerance }: SettleCase, residuals: readonly number[]): number {
  const first = tolerance === null ? -1 : residuals.findIndex((residual) => residual <= tolerance);
  return first < 0 ? iterations : first + 1;
}

function gradient(shape: readonly number[], terms: readonly GradientTermCase[]): number[] {
  const to = shape[shape.length - 1];
  return range(shape.length === 1 ? to : shape[0] * to).map((index) => {
    const [from, unit] = [Math.floor(index / to), index % to];
    return sum(
      terms.map(({ batch, source, sourceUnits, block, error, errorUnits, errorBlock, scale }) =>
        sum(
          range(batch).map(
            (row) =>
              scale *
              (source ? source[row * sourceUnits + block[0] + from] : 1) *
              error[row * errorUnits + errorBlock[0] + unit],
          ),
        ),
      ),
    );
  });
}

/** After each step the gradient, the weights, and Adam's moments. */
export function learn({ shape, weights, steps, optimiser }: LearnCase): number[][] {
  const results: number[][] = [];
  let w = [...weights];
  let m = w.map(() => 0);
  let v = w.map(() => 0);
  for (const [index, terms] of steps.entries()) {
    const g = gradient(shape, terms);
    if (optimiser.kind === "sgd") {
      w = w.map((weight, k) => weight - optimiser.learningRate * g[k]);
      results.push(g, w);
      continue;
    }
    const { learningRate, beta1, beta2, epsilon } = optimiser;
    m = m.map((moment, k) => beta1 * moment + (1 - beta1) * g[k]);
    v = v.map((moment, k) => beta2 * moment + (1 - beta2) * g[k] ** 2);
    w = w.map((weight, k) => {
      const corrected = m[k] / (1 - beta1 ** (index + 1));
      return weight - (learningRate * corrected) / (Math.sqrt(v[k] / (1 - beta2 ** (index + 1))) + epsilon);
    });
    results.push(g, w, m, v);
  }
  return results;
}

/**
 * Whether rounding cannot decide when a settle ends: no residual lies at the tolerance, unless it is exact there
 * (the states of `sign` are).
 */
export function clearOfTolerance(given: SettleCase, residuals: readonly number[]): boolean {
  const { tolerance } = given;
  if (tolerance === null) return true;
  return residuals
    .slice(0, iterationsMade(given, residuals))
    .every(
      (residual) =>
        Math.abs(residual - tolerance) > 1e-5 || (given.activation === "sign" && residual === tolerance),
    );
}
