import { denseWeights, scaledWeights } from "../../src/kernels/sparse-weights.js";
import { initialWeights, type Weights } from "../../src/model/initial-weights.js";
import type { Network } from "../../src/model/network.js";

/** The largest sum of |W| over a column: what a change of h grows by at most, in its largest element. */
export function columnNorm(W: Float32Array, neurons: number): number {
  let largest = 0;
  for (let to = 0; to < neurons; to++) {
    let sum = 0;
    for (let from = 0; from < neurons; from++) sum += Math.abs(W[from * neurons + to]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** A network's weights with recurrent matrices scaled down to a norm, so that every module settles. */
export function contractingWeights(network: Network, seed: number, norm = 0.4): Weights {
  const { recurrent, dense } = initialWeights(network, seed);
  const scaled = [...recurrent].map(([module, W]) => {
    const scale = Math.min(1, norm / columnNorm(denseWeights(W), W.neurons));
    return [module, scaledWeights(W, scale)] as const;
  });
  return { recurrent: new Map(scaled), dense };
}
