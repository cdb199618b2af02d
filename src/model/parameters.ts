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
 * @throws EddyError SHAPE_MISMATCH
 */
export function createParameters(kernels: Kernels, network: Network, weights: Weights): Parameters {
  const recurrent = new Map<string, Recurrent>();
  const biases = new Map<string, Tensor>();
  const learned = new Map<string, Plastic>();
  const upload = (name: string, shape: readonly number[]): void => {
    const data = weights.get(name);
    if (data) learned.set(name, { weights: kernels.tensor(data, shape), moments: null, steps: 0 });
  };
  for (const { name, neurons, spectralRadius } of network.modules.values()) {
    const drawn = weights.get(recurrentName(name)) ?? new Float32Array(neurons * neurons);
    const matrix = kernels.matrix(drawn, neurons);
    recurrent.set(name, { drawn, drawnRadius: spectralRadius, spectralRadius, matrix });
    const bias = weights.get(biasName(name));
    if (bias?.some((value) => value !== 0)) biases.set(name, kernels.tensor(bias, [neurons]));
  }
  for (const { name, shape } of network.weights.values()) upload(name, shape);
  for (const { name, size, bias } of network.readouts.values()) {
    const needed = bias.plastic || weights.get(biasName(name))?.some((value) => value !== 0);
    if (needed) upload(biasName(name), [size]);
  }
  return { recurrent, biases, learned };
}

/** Scales a module's recurrent matrix to another spectral radius: eigenvalues scale with their matrix. */
export function setSpectralRadius(
  kernels: Kernels,
  parameters: Parameters,
  module: string,
  value: number,
): void {
  const recurrent = parameters.recurrent.get(module);
  if (!recurrent || recurrent.spectralRadius === value) return;
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
