import type { Kernels } from "../kernels/kernels.js";
import { ruleOf } from "../model/learning-rules.js";
import { type Parameters, retainParameters } from "../model/parameters.js";
import type { Run } from "../simulation/run-description.js";
import { restingState } from "../streams/network-state.js";
import { type PhasedNetwork, type PhasedOptions, phasedNetwork } from "../streams/phased.js";

/** A rate of zero: weights stay, to the bit, and updates tell their gradients. */
export const still = { kind: "sgd", learningRate: 0 } as const;

/**
 * A network in phased operation over the parameters that another one has now, to ask it what it would answer and
 * learn: no weights change, and its update events carry their gradients. The other one may go on; this one keeps
 * the numbers that it was made with.
 * @param parameters stay their owner's
 * @returns owned by the caller
 */
export function phasedBeside(
  kernels: Kernels,
  run: Run,
  parameters: Parameters,
  options: PhasedOptions = {},
): PhasedNetwork {
  const { network, batch, beta, iterations, propagation } = run;
  const state = restingState(network, retainParameters(kernels, parameters), {
    batch,
    beta,
    optimiser: still,
  });
  return phasedNetwork(
    { kernels, network, rule: ruleOf(run), state, propagation, keepGradients: true },
    iterations,
    options,
  );
}
