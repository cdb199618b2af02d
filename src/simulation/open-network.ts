import { EddyError } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import { initialWeights, type Weights } from "../model/initial-weights.js";
import type { LearningRule } from "../model/learning-rule.js";
import { createParameters } from "../model/parameters.js";
import { type ContinuousNetwork, type ContinuousOptions, continuousNetwork } from "../streams/continuous.js";
import { disposeState, type NetworkState, restingState } from "../streams/network-state.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import type { Run } from "./run-description.js";

/** The state in which a run begins: weights drawn from its seed, everything at rest. */
export function initialState(
  kernels: Kernels,
  { network, seed, batch, beta, optimiser }: Run,
  weights: Weights = initialWeights(network, seed),
): NetworkState {
  const parameters = createParameters(kernels, network, weights);
  return restingState(network, parameters, { batch, beta, optimiser, seed });
}

function optionsOf({ schedule }: Run, doors: ReadonlyMap<string, StimulusDoor>): ContinuousOptions {
  if (schedule.kind !== "continuous") {
    throw new EddyError(
      "INVALID_DESCRIPTION",
      `run.schedule.kind: given "${schedule.kind}", needed "continuous" for live operation; or use eddy train`,
    );
  }
  const { forward, ticks, clocks, settling } = schedule;
  const tasks = new Map([...doors].map(([task, door]) => [task, { ticks: clocks[task] ?? ticks, door }]));
  return { forward, tasks, settling };
}

/**
 * Builds the network of a run for continuous operation, to go on from a state; a refusal leaves no handles behind.
 * @param doors where stimuli come in, by task
 * @param state owned by the network from now on
 * @throws EddyError INVALID_DESCRIPTION when the run is not continuous
 */
export function continueNetwork(
  kernels: Kernels,
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  rule: LearningRule,
  state: NetworkState,
): ContinuousNetwork {
  const { network, propagation } = run;
  try {
    return continuousNetwork({ kernels, network, rule, state, propagation }, optionsOf(run, doors));
  } catch (error) {
    disposeState(kernels, state);
    throw error;
  }
}

/**
 * Builds the network of a run for continuous operation; a refusal leaves no handles behind.
 * @param doors where stimuli come in, by task
 * @param weights drawn already; default: by the run's seed
 * @throws EddyError INVALID_DESCRIPTION when the run is not continuous
 */
export function openNetwork(
  kernels: Kernels,
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  rule: LearningRule,
  weights?: Weights,
): ContinuousNetwork {
  // before weights are drawn, which takes a while
  optionsOf(run, doors);
  return continueNetwork(kernels, run, doors, rule, initialState(kernels, run, weights));
}
