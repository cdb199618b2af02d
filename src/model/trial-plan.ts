import type { Activation, Block } from "../kernels/kernels.js";
import type { Carry, LearningRule, Phase } from "./learning-rule.js";
import { type NeededUnits, neededUnits } from "./needed-units.js";
import type { Network } from "./network.js";
import { phasedOrder } from "./phased-order.js";

/** Iterations of the two phases. */
export interface PhasedIterations {
  readonly inference: number;
  readonly learning: number;
  /** a module's phase ends early when its residual falls to this or under; absent makes all iterations */
  readonly tolerance?: number;
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
  /** end early when the residual falls to this or under; null makes all iterations */
  readonly tolerance: number | null;
  /** units whose states are used afterwards; null for all */
  readonly needed: readonly Block[] | null;
}

/** The trials of phased operation: which module settles when, and how. */
export interface TrialPlan {
  /** the inference phase of a trial that does not learn */
  readonly answering: readonly ModuleSettle[];
  /** the inference phase of a trial that learns */
  readonly inference: readonly ModuleSettle[];
  readonly learning: readonly ModuleSettle[];
}

const movesAtRest = (activation: Activation): boolean =>
  activation === "sigmoid" || activation === "hardSigmoid";

/** How a module settles in a phase in which all units are needed. */
function settling(phase: Phase, module: string, made: number, tolerance: number | undefined): ModuleSettle {
  const iterations = phase.iterations === "none" ? 0 : made;
  return {
    module,
    phase: phase.name,
    iterations,
    start: phase.start,
    // what is held is the drive itself, so pathways need not carry it again
    forward: phase.forward === "held" ? "nothing" : phase.forward,
    error: phase.error,
    heldDrive: phase.forward === "held",
    tolerance: iterations === 0 ? null : (tolerance ?? null),
    needed: null,
  };
}

/**
 * Plans the trials of phased operation: in each phase modules settle one after the other, in the order of the
 * pathways. Modules that take no part in inference come last, and have what they settle to without input.
 * @param biased modules with a recurrent bias, which moves them even at rest
 * @param whole whether every unit's state is wanted at the end of a phase, or only what the trial itself uses
 * @throws EddyError INVALID_DESCRIPTION when the order of the modules is neither given nor can be derived
 * @see Liu et al. 2026, Algorithm 1
 */
export function trialPlan(
  network: Network,
  rule: LearningRule,
  { inference: toSettle, learning: toLearn, tolerance }: PhasedIterations,
  biased: { has(module: string): boolean },
  whole = true,
): TrialPlan {
  const [inference, learning] = rule.phases;
  const order = phasedOrder(network);
  const inOrder = order.inference.map((module) => settling(inference, module, toSettle, tolerance));
  const alone = [...network.modules.values()].filter(({ name }) => !order.inference.includes(name));
  const rests = alone.map(({ name, activation }) => ({
    ...settling(inference, name, movesAtRest(activation) || biased.has(name) ? toSettle : 0, tolerance),
    forward: "nothing" as const,
    error: "nothing" as const,
  }));
  const inferring = [...inOrder, ...rests];
  const perturbed = order.learning.map((module) => settling(learning, module, toLearn, tolerance));
  if (whole) return { answering: inferring, inference: inferring, learning: perturbed };
  const goesOn = (module: string) => learning.start === "previous" && order.learning.includes(module);
  const only = (settles: readonly ModuleSettle[], phase: keyof NeededUnits) =>
    settles.map((settle) => ({
      ...settle,
      needed: neededUnits(network, rule, settle.module, goesOn(settle.module))[phase],
    }));
  return {
    answering: only(inferring, "answering"),
    inference: only(inferring, "inference"),
    learning: only(perturbed, "learning"),
  };
}
