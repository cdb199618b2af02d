import { EddyError, invariant } from "../errors.js";
import type { Kernels, Moments, RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import { checkShape } from "../kernels/shapes.js";
import type { Weights } from "./initial-weights.js";
import { biasName, type Network, recurrentName } from "./network.js";

/** A module's fixed recurrent matrix. The backend has the only copy of its weights. */
export interface Recurrent {
  /** W as drawn */
  readonly matrix: RecurrentMatrix;
  /** the spectral radius that W was drawn for */
  readonly drawnRadius: number;
  /** the one that the module has now */
  spectralRadius: number;
}

/** The factor of W, dimensionless: eigenvalues scale with their matrix. 1 exactly at the spectral radius as drawn. */
export const gainOf = ({ spectralRadius, drawnRadius }: Recurrent): number => spectralRadius / drawnRadius;

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
    const drawn = needed(weights.recurrent, name, recurrentName(name));
    checkShape(`weights "${recurrentName(name)}"`, [drawn.neurons, drawn.neurons], [neurons, neurons]);
    const matrix = kernels.matrix(drawn);
    recurrent.set(name, { matrix, drawnRadius: spectralRadius, spectralRadius });
    const bias = weights.dense.get(biasName(name));
    if (bias?.some((value) => value !== 0)) biases.set(name, kernels.tensor(bias, [neurons]));
  }
  for (const { name, shape } of network.weights.values()) upload(name, needed(weights.dense, name), shape);
  for (const { name, size, bias } of network.readouts.values()) {
    const initial = weights.dense.get(biasName(name)) ?? new Float32Array(size);
    if (bias.plastic || initial.some((value) => value !== 0)) upload(biasName(name), initial, [size]);
  }
  return { recurrent, biases, learned };
}

function needed<T>(given: ReadonlyMap<string, T>, key: string, name = key): T {
  const data = given.get(key);
  if (!data) throw new EddyError("INVALID_ARGUMENT", `weights: given no "${name}", which the network needs`);
  return data;
}

/** Gives a module another spectral radius, > 0, by the factor of its recurrent matrix ({@link gainOf}). */
export function setSpectralRadius(parameters: Parameters, module: string, value: number): void {
  const recurrent = parameters.recurrent.get(module);
  invariant(recurrent, `module ${module} has a recurrent matrix`);
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
