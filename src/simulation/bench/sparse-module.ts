import type { Kernels, RecurrentMatrix, Tensor } from "../../kernels/kernels.js";
import type { SparseWeights } from "../../kernels/sparse-weights.js";
import { random } from "../../model/random.js";
import { roughRecurrentWeights } from "../../model/recurrent-weights.js";
import { type Effort, timed } from "./timing.js";

/** As in the papers. */
const spectralRadius = 0.25;

/**
 * Draws the recurrent weights of a module to measure with.
 * @param connectionRate drawn connections as a part of neurons^2, in [0, 1]
 */
export const benchWeights = (neurons: number, connectionRate: number): SparseWeights =>
  roughRecurrentWeights({ neurons, connectionRate, spectralRadius }, random(1, `bench ${neurons} neurons`));

/** What an iteration of a module costs. */
export interface IterationCost {
  readonly neurons: number;
  /** non-zero weights */
  readonly connections: number;
  readonly batch: number;
  readonly us_per_iteration: number;
  /** by stimulus */
  readonly ns_per_connection: number;
}

/** A recurrent matrix whose iterations are timed. */
export interface BenchMatrix {
  readonly matrix: RecurrentMatrix;
  /** non-zero weights */
  readonly connections: number;
}

/** Enough for what a call costs by itself not to count. */
export const iterationsPerRun = 16;

function noise(kernels: Kernels, batch: number, neurons: number): Tensor {
  const source = random(2, `bench ${batch} ${neurons}`);
  const values = Float32Array.from({ length: batch * neurons }, () => source.uniform(-1, 1));
  return kernels.tensor(values, [batch, neurons]);
}

/** Measures full iterations of one module, from a state of noise. */
export async function iterationCost(
  kernels: Kernels,
  { matrix, connections }: BenchMatrix,
  batch: number,
  effort: Effort,
): Promise<IterationCost> {
  const { neurons } = matrix;
  const from = noise(kernels, batch, neurons);
  const drive = noise(kernels, batch, neurons);
  const settle = async (): Promise<void> => {
    const [{ state }] = kernels.settle([
      { matrix, activation: "tanh", from, drive, iterations: iterationsPerRun },
    ]);
    const one = kernels.sample({ tensor: state, row: 0, units: [0, 1], every: 1 });
    kernels.dispose(state);
    await kernels.read(one);
    kernels.dispose(one);
  };
  const { min_ms } = await timed(settle, effort, iterationsPerRun);
  kernels.dispose(from);
  kernels.dispose(drive);
  return {
    neurons,
    connections,
    batch,
    us_per_iteration: Math.round(min_ms * 1e5) / 100,
    ns_per_connection: Math.round((min_ms * 1e9) / (connections * batch)) / 1e3,
  };
}
