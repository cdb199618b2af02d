import type { Kernels, RecurrentMatrix, Tensor } from "../../kernels/kernels.js";
import { random } from "../../model/random.js";
import { type Effort, timed } from "./timing.js";

/** A recurrent matrix of random connections. */
export interface DrawnConnections {
  readonly neurons: number;
  /** [neurons, neurons] row-major, row = from, column = to */
  readonly weights: Float32Array;
  /** non-zero weights */
  readonly connections: number;
}

/** As in the papers. */
const spectralRadius = 0.25;

/**
 * Draws connections as a module's are drawn, and scales them by the circular law, `radius = deviation * sqrt(neurons)`:
 * near enough for timings, where finding the radius of 16,384 neurons would take longer than all of them.
 * @param connectionRate drawn connections as a part of neurons^2, in (0, 1]
 */
export function drawConnections(neurons: number, connectionRate: number): DrawnConnections {
  const source = random(1, `bench ${neurons} neurons`);
  const weights = new Float32Array(neurons * neurons);
  const drawn = Math.max(1, Math.floor(weights.length * connectionRate));
  for (let i = 0; i < drawn; i++) weights[source.integer(weights.length)] += source.uniform(-1, 1);
  let squares = 0;
  let connections = 0;
  for (const weight of weights) {
    if (weight === 0) continue;
    squares += weight * weight;
    connections += 1;
  }
  const scale = spectralRadius / Math.sqrt(squares / neurons);
  for (let i = 0; i < weights.length; i++) weights[i] *= scale;
  return { neurons, weights, connections };
}

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
  { neurons, connections }: DrawnConnections,
  matrix: RecurrentMatrix,
  batch: number,
  effort: Effort,
): Promise<IterationCost> {
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
