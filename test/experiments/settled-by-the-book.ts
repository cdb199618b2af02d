/*
 * Networks of settling modules and their loss by the book, in double precision: nothing here is computed by the code
 * under test.
 */
import type { Activation, Block } from "../../src/kernels/kernels.js";

/** A module: `h <- f(gain h W + b + drive)`. */
export interface BookModule {
  readonly name: string;
  readonly neurons: number;
  readonly activation: Activation;
  /** name of W, [neurons, neurons] */
  readonly W: string;
  /** name of b, [neurons]; zero where there is none of that name */
  readonly b: string;
}

/** A projection of a block into a block. */
export interface BookPathway {
  readonly from: { readonly name: string; readonly block: Block };
  readonly to: { readonly name: string; readonly block: Block };
  readonly weights: string;
  readonly transposed: boolean;
  readonly gate: number;
}

/** A network, its modules in the order in which they settle; what has not settled yet carries nothing. */
export interface BookNetwork {
  readonly modules: readonly BookModule[];
  readonly pathways: readonly BookPathway[];
  readonly readouts: readonly { readonly name: string; readonly size: number; readonly b: string }[];
  readonly iterations: number;
  readonly batch: number;
}

export type Numbers = ReadonlyMap<string, ArrayLike<number>>;

const functions: Partial<Record<Activation, (u: number) => number>> = {
  tanh: Math.tanh,
  sigmoid: (u) => 1 / (1 + Math.exp(-u)),
  relu: (u) => Math.max(0, u),
  linear: (u) => u,
};

/** Adds what a pathway carries to the sums that enter its target. */
function carry(
  { from, to, weights, transposed, gate }: BookPathway,
  source: ArrayLike<number>,
  sums: Float64Array,
  numbers: Numbers,
  batch: number,
): void {
  const W = numbers.get(weights) as ArrayLike<number>;
  const [inputs, outputs] = [source.length / batch, sums.length / batch];
  const [rows, columns] = [from.block[1] - from.block[0], to.block[1] - to.block[0]];
  for (let example = 0; example < batch; example++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        sums[example * outputs + to.block[0] + j] +=
          gate *
          source[example * inputs + from.block[0] + i] *
          W[transposed ? j * rows + i : i * columns + j];
}

function settled(module: BookModule, drive: Float64Array, numbers: Numbers, iterations: number) {
  const { neurons, activation } = module;
  const f = functions[activation] as (u: number) => number;
  const W = numbers.get(module.W) as ArrayLike<number>;
  const b = numbers.get(module.b);
  let h: Float64Array = new Float64Array(drive.length);
  for (let t = 0; t < iterations; t++) {
    h = Float64Array.from(drive, (entering, at) => {
      const [row, unit] = [at - (at % neurons), at % neurons];
      let sum = entering + (b?.[unit] ?? 0);
      for (let i = 0; i < neurons; i++) sum += h[row + i] * W[i * neurons + unit];
      return f(sum);
    });
  }
  return h;
}

/**
 * Cross-entropy of softmax readouts, mean over the batch, summed over the readouts.
 * @param inputs [batch, size] by name
 * @param targets [batch, size] by readout
 */
export function settledLoss(
  network: BookNetwork,
  numbers: Numbers,
  inputs: Numbers,
  targets: Numbers,
): number {
  const { modules, pathways, readouts, iterations, batch } = network;
  const values = new Map<string, ArrayLike<number>>(inputs);
  const sumsInto = (target: string, units: number) => {
    const sums = new Float64Array(batch * units);
    for (const pathway of pathways) {
      const source = pathway.to.name === target && values.get(pathway.from.name);
      if (source) carry(pathway, source, sums, numbers, batch);
    }
    return sums;
  };
  for (const module of modules)
    values.set(module.name, settled(module, sumsInto(module.name, module.neurons), numbers, iterations));
  let loss = 0;
  for (const { name, size, b } of readouts) {
    const bias = numbers.get(b);
    const logits = sumsInto(name, size).map((sum, at) => sum + (bias?.[at % size] ?? 0));
    const target = targets.get(name) as ArrayLike<number>;
    for (let example = 0; example < batch; example++) {
      const row = logits.subarray(example * size, (example + 1) * size);
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      row.forEach((logit, k) => {
        loss += (target[example * size + k] * (total - logit)) / batch;
      });
    }
  }
  return loss;
}
