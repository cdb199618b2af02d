import type { Kernels } from "../kernels/kernels.js";
import { initialWeights } from "../model/initial-weights.js";
import { createParameters } from "../model/parameters.js";
import { type NetworkState, restingState } from "../streams/network-state.js";
import type { Run } from "./run-description.js";

/** The state in which a run begins: weights drawn from its seed, everything at rest. */
export function initialState(kernels: Kernels, { network, seed, batch, beta, optimiser }: Run): NetworkState {
  const parameters = createParameters(kernels, network, initialWeights(network, seed));
  return restingState(network, parameters, { batch, beta, optimiser });
}
