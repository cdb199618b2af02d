import { initialWeights } from "../../model/initial-weights.js";
import {
  createParameters,
  type Parameters,
  setSpectralRadius,
  shareParameters,
} from "../../model/parameters.js";
import { drop, type NetworkState, restingState } from "../../streams/network-state.js";
import { retainState } from "../../streams/retained-state.js";
import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { named, wholeInRange } from "./ranges.js";

const whats = new Map<string, { readonly state: boolean; readonly weights: boolean }>([
  ["state", { state: true, weights: false }],
  ["weights", { state: false, weights: true }],
  ["both", { state: true, weights: true }],
]);

/** Weights drawn anew, of the spectral radii that are set. */
function drawn({ kernels, net }: Place, seed: number): Parameters {
  const { network, state } = net;
  const parameters = createParameters(kernels, network, initialWeights(network, seed));
  for (const [module, { spectralRadius }] of state.parameters.recurrent)
    setSpectralRadius(parameters, module, spectralRadius);
  return parameters;
}

/** At rest, with all that people have set. Owns the parameters. */
function rested({ net }: Place, parameters: Parameters, seed: number): NetworkState {
  const { network, state } = net;
  const { batch, beta, optimiser, weightsSeed, tick } = state;
  const next = restingState(network, parameters, { batch, beta, optimiser, seed, weightsSeed, began: tick });
  for (const [pathway, gate] of state.gates) next.gates.set(pathway, gate);
  for (const [module, deviation] of state.noise) next.noise.set(module, deviation);
  for (const [module, units] of state.lesions) next.lesions.set(module, units);
  for (const [task, own] of state.taskParameters) next.taskParameters.set(task, own);
  for (const task of state.tasks.keys())
    next.tasks.set(task, { trial: -1, phase: "waiting", ticksLeft: 0, pending: null, asked: false });
  return next;
}

/**
 * Begins anew, in a new epoch; the tick goes on. A reset takes back what the network did (its state: everything at rest,
 * trials and what is drawn from their numbers from the start, injections over) or what it learned (its weights: drawn again, nothing
 * remembered, lesions undone), and never what people have set: gates, rates, beta, spectral radii, noise, numbers of tasks.
 * @throws EddyError INVALID_ARGUMENT; NO_SPECTRAL_RADIUS when the seed draws a module that cannot be scaled
 */
export function reset(place: Place, { what, seed }: Extract<Intervention, { kind: "reset" }>): void {
  const begins = named("what", whats, what);
  if (seed !== null) wholeInRange("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const { kernels, net } = place;
  const { state } = net;
  const weightsSeed = begins.weights ? (seed ?? state.weightsSeed) : state.weightsSeed;
  const parameters = begins.weights ? drawn(place, weightsSeed) : shareParameters(kernels, state.parameters);
  const next = begins.state
    ? rested(place, parameters, seed ?? state.seed)
    : retainState(kernels, state, parameters);
  // what units have said, they said through other connections
  if (begins.weights) {
    next.lesions.clear();
    for (const tensors of [next.spoken, next.sums]) drop(kernels, tensors);
  }
  place.replace({ ...next, weightsSeed }, `reset of ${what === "both" ? "state and weights" : what}`);
}
