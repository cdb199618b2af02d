import { invariant } from "../../errors.js";
import { type Fingerprint, fingerprint, fingerprintOf } from "../../kernels/fingerprint.js";
import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { recurrentName } from "../../model/network.js";
import type { NetworkState } from "../../streams/network-state.js";

/** A fingerprint as a journal has it: the hash, and the mean of |x|, which is null where that is no number. */
export type StoredFingerprint = readonly [hash: string, magnitude: number | null];

/** The state at one moment in few bytes, part by part, so that what differs can be named. */
export interface StateHash {
  /** by module; an error is null where there is none */
  readonly modules: Readonly<
    Record<string, { readonly state: StoredFingerprint; readonly error: StoredFingerprint | null }>
  >;
  /** by name of the weights; those that were asked for */
  readonly weights: Readonly<Record<string, StoredFingerprint>>;
}

/** Names of all weights of a state that can change. */
export function weightNames({ parameters }: NetworkState): string[] {
  return [...[...parameters.recurrent.keys()].map(recurrentName), ...parameters.learned.keys()];
}

const stored = ({ hash, magnitude }: Fingerprint): StoredFingerprint => [
  hash,
  Number.isFinite(magnitude) ? magnitude : null,
];

async function ofTensor(kernels: Kernels, tensor: Tensor): Promise<StoredFingerprint> {
  return stored(await fingerprintOf(kernels, tensor));
}

async function ofWeights(
  kernels: Kernels,
  { parameters }: NetworkState,
  name: string,
): Promise<StoredFingerprint> {
  const learned = parameters.learned.get(name);
  if (learned) return ofTensor(kernels, learned.weights);
  const matrix = [...parameters.recurrent].find(([module]) => recurrentName(module) === name)?.[1].matrix;
  invariant(matrix, `weights ${name} are there`);
  return stored(fingerprint((await kernels.weights(matrix)).values));
}

async function ofModule(kernels: Kernels, { states, errors }: NetworkState, module: string) {
  const state = states.get(module);
  invariant(state, `module ${module} has a state`);
  const error = errors.get(module);
  const [ofState, ofError] = await Promise.all([
    ofTensor(kernels, state),
    error ? ofTensor(kernels, error) : null,
  ]);
  return { state: ofState, error: ofError };
}

/**
 * Hashes a state as it is now: whatever is read back is asked for before this returns.
 * @param weights names of the weights that are hashed, too
 */
export async function hashState(
  kernels: Kernels,
  state: NetworkState,
  weights: readonly string[],
): Promise<StateHash> {
  const modules = [...state.states.keys()].map(
    async (name) => [name, await ofModule(kernels, state, name)] as const,
  );
  const matrices = weights.map(async (name) => [name, await ofWeights(kernels, state, name)] as const);
  return {
    modules: Object.fromEntries(await Promise.all(modules)),
    weights: Object.fromEntries(await Promise.all(matrices)),
  };
}
