/*
 * Equilibrium propagation by the book (Scellier and Bengio 2017), in plain loops and double precision: nothing here is
 * taken from the code under test.
 */

/** Layers, the outputs last, and what connects them. */
export interface Layers {
  /** of the input and of each layer */
  readonly sizes: readonly number[];
  /** by layer: [size before][size] row-major */
  readonly W: readonly Float64Array[];
  readonly b: readonly Float64Array[];
}

/** States of all layers, each [batch][size] row-major. */
export type States = readonly Float64Array[];

export interface Examples {
  readonly batch: number;
  /** [batch][inputs] */
  readonly x: ArrayLike<number>;
  /** [batch][outputs] */
  readonly d: ArrayLike<number>;
}

export const zeroStates = ({ sizes }: Layers, batch: number): States =>
  sizes.slice(1).map((size) => new Float64Array(batch * size));

const rho = (s: number): number => Math.min(1, Math.max(0, s));

/**
 * One step of Euler's method down the total energy, `s <- clip(s - eps dF/ds, 0, 1)` with
 * `F = E + beta 1/2 |d - s|^2` (eq. 1, 5 and 6); `rho' = 1` in all of [0, 1].
 */
export function step(
  { sizes, W, b }: Layers,
  { x, d }: Examples,
  before: States,
  eps: number,
  beta: number,
): States {
  const last = before.length - 1;
  return before.map((s, k) => {
    const size = sizes[k + 1];
    const [below, above] = [sizes[k], sizes[k + 2]];
    return s.map((value, at) => {
      const [row, unit] = [Math.floor(at / size), at % size];
      let force = b[k][unit] - value;
      for (let i = 0; i < below; i++) {
        const from = k === 0 ? x[row * below + i] : rho(before[k - 1][row * below + i]);
        force += from * W[k][i * size + unit];
      }
      if (k < last)
        for (let j = 0; j < above; j++)
          force += rho(before[k + 1][row * above + j]) * W[k + 1][unit * above + j];
      else force += beta * (d[at] - value);
      return rho(value + eps * force);
    });
  });
}

/** So many steps. */
export function settle(
  layers: Layers,
  examples: Examples,
  from: States,
  {
    iterations,
    eps,
    beta = 0,
  }: { readonly iterations: number; readonly eps: number; readonly beta?: number },
): States {
  let states = from;
  for (let t = 0; t < iterations; t++) states = step(layers, examples, states, eps, beta);
  return states;
}

/** `1/2 |d - s|^2` of the outputs at the free fixed point, mean over the batch. */
export function lossAtRest(layers: Layers, examples: Examples): number {
  const free = zeroStates(layers, examples.batch);
  const outputs = settle(layers, examples, free, { iterations: 150, eps: 0.5 })[free.length - 1];
  return outputs.reduce((sum, s, i) => sum + (examples.d[i] - s) ** 2 / 2, 0) / examples.batch;
}

/** Weights and biases after `w <- w + rate / beta (s_i s_j of the clamped end - of the free end)`, means over the batch. */
export function learned(
  layers: Layers,
  { batch, x }: Examples,
  free: States,
  clamped: States,
  { beta, rates }: { readonly beta: number; readonly rates: readonly number[] },
): Layers {
  const { sizes, W, b } = layers;
  const ends = [clamped, free];
  const mean = (k: number, from: number | null, to: number): number => {
    let difference = 0;
    for (const [i, end] of ends.entries())
      for (let row = 0; row < batch; row++) {
        const below = k === 0 ? x : end[k - 1];
        const source = from === null ? 1 : below[row * sizes[k] + from];
        difference += (i === 0 ? 1 : -1) * source * end[k][row * sizes[k + 1] + to];
      }
    return difference / batch;
  };
  return {
    sizes,
    W: W.map((weights, k) =>
      weights.map(
        (w, at) => w + (rates[k] / beta) * mean(k, Math.floor(at / sizes[k + 1]), at % sizes[k + 1]),
      ),
    ),
    b: b.map((bias, k) => bias.map((value, unit) => value + (rates[k] / beta) * mean(k, null, unit))),
  };
}

/** `dloss/dparameter` of every weight and bias, by central differences. */
export function lossGradient(layers: Layers, examples: Examples): Pick<Layers, "W" | "b"> {
  const width = 1e-5;
  const derivatives = (numbers: Float64Array): Float64Array =>
    numbers.map((value, at) => {
      numbers[at] = value + width;
      const above = lossAtRest(layers, examples);
      numbers[at] = value - width;
      const below = lossAtRest(layers, examples);
      numbers[at] = value;
      return (above - below) / (2 * width);
    });
  return { W: layers.W.map(derivatives), b: layers.b.map(derivatives) };
}
