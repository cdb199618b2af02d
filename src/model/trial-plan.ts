import type { Activation } from "../kernels/kernels.js";
import type { Carry, LearningRule, Phase } from "./learning-rule.js";
import type { Network } from "./network.js";
import { phasedOrder } from "./phased-order.js";

/** Iterations of the two phases. */
export interface PhasedIterations {
  readonly inference: number;
  readonly learning: number;
}

/** One module settles: what it starts from, what its pathways carry, and how long. */
export interface ModuleSettle {
  readonly module: string;
  readonly phase: string;
  readonly iterations: number;
  readonly start: "zero" | "previous";
  readonly forward: Carry;
  readonly error: Carry;
  /** add the drive with which it ended the inference phase */
  readonly heldDrive: boolean;
}

/** A trial of phased operation: which module settles when, and how. */
export interface TrialPlan {
  readonly inference: readonly ModuleSettle[];
  readonly learning: readonly ModuleSettle[];
}

const movesAtRest = (activation: Activation): boolean =>
  activation === "sigmoid" || activation === "hardSigmoid";

const settles =
  (phase: Phase, iterations: number) =>
  (module: string): ModuleSettle => ({
    module,
    phase: phase.name,
    iterations: phase.iterations === "none" ? 0 : iterations,
    start: phase.start,
    // what is held is the drive itself, so pathways need not carry it again
    forward: phase.forward === "held" ? "nothing" : phase.forward,
    error: phase.error,
    heldDrive: phase.forward === "held",
  });

/**
 * Plans the trials of phased operation: in each phase modules settle one after the other, in the order of the
 * pathways. Modules that take no part in inference come last, and have what they settle to without input.
 * @param biased modules with a recurrent bias, which moves them even at rest
 * @throws EddyError INVALID_DESCRIPTION when the order of the modules is neither given nor can be derived
 * @see Liu et al. 2026, Algorithm 1
 */
export function trialPlan(
  network: Network,
  { phases: [inference, learning] }: LearningRule,
  iterations: PhasedIterations,
  biased: { has(module: string): boolean },
): TrialPlan {
  const order = phasedOrder(network);
  const alone = [...network.modules.values()].filter(({ name }) => !order.inference.includes(name));
  const rests = alone.map(({ name, activation }) => ({
    ...settles(inference, movesAtRest(activation) || biased.has(name) ? iterations.inference : 0)(name),
    forward: "nothing" as const,
    error: "nothing" as const,
  }));
  return {
    inference: [...order.inference.map(settles(inference, iterations.inference)), ...rests],
    learning: order.learning.map(settles(learning, iterations.learning)),
  };
}
