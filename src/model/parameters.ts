import { EddyError, invariant } from "../errors.js";
import type { Kernels, Moments, RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import { checkShape } from "../kernels/shapes.js";
import type { Weights } from "./initial-weights.js";
import { biasName, type Network, recurrentName } from "./network.js";
import { spectralRadius } from "./spectral-radius.js";

/** A module's recurrent matrix. The backend has the only copy of its weights. */
export interface Recurrent {
  /** W as drawn, or as it was learned */
  matrix: RecurrentMatrix;
  /** what its optimiser remembers, [connections] in the order of `SparseWeights` */
  moments: Moments | null;
  /** optimiser steps made; 0 where W is fixed */
  steps: number;
  /** the spectral radius that W was drawn for */
  readonly drawnRadius: number;
  /** the one that it was set to; that of W as drawn, times the gain, until W learns ({@link presentSpectralRadius}) */
  spectralRadius: number;
}

/** The factor of W, dimensionless: eigenvalues scale with their matrix. 1 exactly at the spectral radius as drawn. */
export const gainOf = ({ spectralRadius, drawnRadius }: Recurrent): number => spectralRadius / drawnRadius;

/**
 * The spectral radius that a module has now, when its W may have learned: `gain * rho(W)`. Reads W back; with thousands
 * of neurons it takes seconds.
 * @throws EddyError NOT_FINITE when W has grown beyond all numbers
 */
export const presentSpectralRadius = async (kernels: Kernels, recurrent: Recurrent): Promise<number> =>
  gainOf(recurrent) * spectralRadius(await kernels.weights(recurrent.matrix));

/** Weights, or a bias, that learn, with what its optimiser remembers. */
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
  /** those that are fixed, by module; absent means zero */
  readonly biases: Map<string, Tensor>;
  /**
   * pathway weights, readout biases and the biases of modules that learn, by name; an absent readout bias is zero and
   * fixed
   */
  readonly learned: Map<string, Plastic>;
}

/** [neurons] the recurrent bias of a module, lent; undefined means zero, for good */
export const moduleBias = ({ biases, learned }: Parameters, module: string): Tensor | undefined =>
  learned.get(biasName(module))?.weights ?? biases.get(module);

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
  for (const { name, neurons, spectralRadius, learning } of network.modules.values()) {
    const drawn = needed(weights.recurrent, name, recurrentName(name));
    checkShape(`weights "${recurrentName(name)}"`, [drawn.neurons, drawn.neurons], [neurons, neurons]);
    const matrix = kernels.matrix(drawn);
    recurrent.set(name, { matrix, moments: null, steps: 0, drawnRadius: spectralRadius, spectralRadius });
    const bias = weights.dense.get(biasName(name)) ?? new Float32Array(neurons);
    if (learning.b > 0) upload(biasName(name), bias, [neurons]);
    else if (bias.some((value) => value !== 0)) biases.set(name, kernels.tensor(bias, [neurons]));
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

/** The same numbers as they are now, as one more owner of their handles; without what optimisers remember. */
export const retainParameters = (
  kernels: Kernels,
  { recurrent, biases, learned }: Parameters,
): Parameters => ({
  recurrent: new Map(
    [...recurrent].map(([name, module]) => [
      name,
      { ...module, matrix: kernels.retain(module.matrix), moments: null, steps: 0 },
    ]),
  ),
  biases: new Map([...biases].map(([name, bias]) => [name, kernels.retain(bias)])),
  learned: new Map(
    [...learned].map(([name, { weights }]) => [
      name,
      { weights: kernels.retain(weights), moments: null, steps: 0 },
    ]),
  ),
});

/** All of it as it is now, as one more owner of its handles. */
export function shareParameters(kernels: Kernels, { recurrent, biases, learned }: Parameters): Parameters {
  const sharedMoments = (moments: Moments | null): Moments | null =>
    moments && { first: kernels.retain(moments.first), second: kernels.retain(moments.second) };
  return {
    recurrent: new Map(
      [...recurrent].map(([name, module]) => [
        name,
        { ...module, matrix: kernels.retain(module.matrix), moments: sharedMoments(module.moments) },
      ]),
    ),
    biases: new Map([...biases].map(([name, bias]) => [name, kernels.retain(bias)])),
    learned: new Map(
      [...learned].map(([name, { weights, moments, steps }]) => [
        name,
        { weights: kernels.retain(weights), moments: sharedMoments(moments), steps },
      ]),
    ),
  };
}

/** Frees all handles. */
export function disposeParameters(kernels: Kernels, { recurrent, biases, learned }: Parameters): void {
  const dispose = (handle: Tensor | RecurrentMatrix, moments: Moments | null) => {
    kernels.dispose(handle);
    if (moments) for (const moment of [moments.first, moments.second]) kernels.dispose(moment);
  };
  for (const { matrix, moments } of recurrent.values()) dispose(matrix, moments);
  for (const bias of biases.values()) dispose(bias, null);
  for (const { weights, moments } of learned.values()) dispose(weights, moments);
}
