import { EddyError, invariant } from "../errors.js";
import type { Kernels, Moments, RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import type { Weights } from "./initial-weights.js";
import { biasName, type Network, recurrentName } from "./network.js";

/** A module's fixed recurrent matrix. */
export interface Recurrent {
  /** [neurons, neurons] row-major, as drawn for the described spectral radius */
  readonly drawn: Float32Array;
  readonly drawnRadius: number;
  spectralRadius: number;
  matrix: RecurrentMatrix;
}

/** A matrix that learns, with what its optimiser remembers. */
export interface Plastic {
  weights: Tensor;
  moments: Moments | null;
  /** optimiser steps made */
  steps: number;
}

/** All numbers of a network on a backend; the simulation's state owns them. */
export interface Parameters {
  /** by module */
  readonly recurrent: Map<string, Recurrent>;
  /** by module; absent means zero */
  readonly biases: Map<string, Tensor>;
  /** pathway weights and readout biases by name; an absent readout bias is zero and fixed */
  readonly learned: Map<string, Plastic>;
}

/**
 * Uploads a network's numbers.
 * @param weights by name, as {@link Weights} says
 * @returns parameters, owned by the caller until {@link disposeParameters}
 * @throws EddyError SHAPE_MISMATCH; INVALID_ARGUMENT when a recurrent matrix or pathway weights are missing
 */
export function createParameters(kernels: Kernels, network: Network, weights: Weights): Parameters {
  const recurrent = new Map<string, Recurrent>();
  const biases = new Map<string, Tensor>();
  const learned = new Map<string, Plastic>();
  const upload = (name: string, data: Float32Array, shape: readonly number[]): void => {
    learned.set(name, { weights: kernels.tensor(data, shape), moments: null, steps: 0 });
  };
  for (const { name, neurons, spectralRadius } of network.modules.values()) {
    const drawn = needed(weights, recurrentName(name));
    const matrix = kernels.matrix(drawn, neurons);
    recurrent.set(name, { drawn, drawnRadius: spectralRadius, spectralRadius, matrix });
    const bias = weights.get(biasName(name));
    if (bias?.some((value) => value !== 0)) biases.set(name, kernels.tensor(bias, [neurons]));
  }
  for (const { name, shape } of network.weights.values()) upload(name, needed(weights, name), shape);
  for (const { name, size, bias } of network.readouts.values()) {
    const initial = weights.get(biasName(name)) ?? new Float32Array(size);
    if (bias.plastic || initial.some((value) => value !== 0)) upload(biasName(name), initial, [size]);
  }
  return { recurrent, biases, learned };
}

function needed(weights: Weights, name: string): Float32Array {
  const data = weights.get(name);
  if (!data) throw new EddyError("INVALID_ARGUMENT", `weights: given no "${name}", which the network needs`);
  return data;
}

/**
 * Scales a module's recurrent matrix to another spectral radius, > 0: eigenvalues scale with their matrix,
 * `W <- W_drawn * value / drawnRadius`.
 */
export function setSpectralRadius(
  kernels: Kernels,
  parameters: Parameters,
  module: string,
  value: number,
): void {
  const recurrent = parameters.recurrent.get(module);
  invariant(recurrent, `module ${module} has a recurrent matrix`);
  if (recurrent.spectralRadius === value) return;
  const scale = value / recurrent.drawnRadius;
  const neurons = recurrent.matrix.neurons;
  const scaled = kernels.matrix(
    recurrent.drawn.map((weight) => weight * scale),
    neurons,
  );
  kernels.dispose(recurrent.matrix);
  recurrent.matrix = scaled;
  recurrent.spectralRadius = value;
}

/** Frees all handles. */
export function disposeParameters(kernels: Kernels, { recurrent, biases, learned }: Parameters): void {
  for (const { matrix } of recurrent.values()) kernels.dispose(matrix);
  for (const bias of biases.values()) kernels.dispose(bias);
  for (const { weights, moments } of learned.values()) {
    kernels.dispose(weights);
    if (moments) for (const moment of [moments.first, moments.second]) kernels.dispose(moment);
  }
}
