import type { SparseWeights } from "../kernels/sparse-weights.js";
import { biasName, type Network, type Readout, recurrentName } from "./network.js";
import type { Distribution } from "./network-description.js";
import { type Random, random } from "./random.js";
import { recurrentWeights } from "./recurrent-weights.js";

/** The numbers of a network. */
export interface Weights {
  /** recurrent weights, by module */
  readonly recurrent: ReadonlyMap<string, SparseWeights>;
  /** biases (`biasName`) and pathway weights, by name, row-major */
  readonly dense: ReadonlyMap<string, Float32Array>;
}

/** Draws `from * to` weights. `from` is the fan-in. */
function draw(distribution: Distribution, from: number, to: number, source: Random): Float32Array {
  const values = new Float32Array(from * to);
  switch (distribution.distribution) {
    case "zero":
      return values;
    case "identity":
      for (let i = 0; i < Math.min(from, to); i++) values[i * to + i] = 1;
      return values;
    case "normal":
      return values.map(() => source.normal(distribution.deviation));
    case "uniform":
      return values.map(() => source.uniform(-distribution.bound, distribution.bound));
    case "fan-in": {
      const bound = 1 / Math.sqrt(from);
      return values.map(() => source.uniform(-bound, bound));
    }
  }
}

/**
 * Draws all numbers of a network from its seed. Each matrix has a generator of its own, so adding a module does not
 * change the others.
 * @param recurrent draws the recurrent weights of a module
 * @returns W of each module, and by name: `biasName(m)` [neurons], `biasName(readout)` [size] and each matrix of pathway
 *   weights [from, to]
 * @throws EddyError NO_SPECTRAL_RADIUS when a module has too few connections to be scaled
 * @see Liu et al. 2026, Training details
 */
export function initialWeights(network: Network, seed: number, recurrent = recurrentWeights): Weights {
  const matrices = new Map<string, SparseWeights>();
  const weights = new Map<string, Float32Array>();
  for (const module of network.modules.values()) {
    matrices.set(module.name, recurrent(module, random(seed, recurrentName(module.name))));
    const bias = biasName(module.name);
    weights.set(bias, draw(module.bias, module.neurons, 1, random(seed, bias)));
  }
  for (const { name, shape, initial } of network.weights.values()) {
    weights.set(name, draw(initial, shape[0], shape[1], random(seed, name)));
  }
  for (const readout of network.readouts.values()) {
    const bias = biasName(readout.name);
    weights.set(bias, drawReadoutBias(network, readout, random(seed, bias)));
  }
  return { recurrent: matrices, dense: weights };
}

/** A readout's bias; its fan-in is that of all its sources together. */
function drawReadoutBias(network: Network, { name, size, bias }: Readout, source: Random): Float32Array {
  if (bias.initial.distribution !== "fan-in") return draw(bias.initial, size, 1, source);
  let fanIn = 0;
  for (const { kind, target, source: from } of network.pathways.values()) {
    if (kind === "readout" && target.name === name) fanIn += from.block[1] - from.block[0];
  }
  return draw({ distribution: "uniform", bound: 1 / Math.sqrt(fanIn) }, size, 1, source);
}
