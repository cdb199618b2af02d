import { invariant } from "../errors.js";
import type { Activation, Block } from "../kernels/kernels.js";
import type { Carry, LearningRule, Phase } from "./learning-rule.js";
import { type NeededUnits, neededUnits } from "./needed-units.js";
import type { Network } from "./network.js";
import { phasedOrder } from "./phased-order.js";
import { invalid } from "./validate.js";

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
  /** modules that iterate at the same time; absent: none */
  readonly others?: readonly string[];
  readonly phase: string;
  readonly iterations: number;
  readonly start: "zero" | "previous";
  readonly forward: Carry;
  readonly error: Carry;
  /** add the drive with which it ended the inference phase */
  readonly heldDrive: boolean;
  /** end early when the residual falls to this or under; null makes all iterations */
  readonly tolerance: number | null;
  /** the readouts' errors are those of the states before; absent: they stay */
  readonly followsOutput?: boolean;
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

/** Whether a unit without input leaves zero: f(0) is not 0. */
export const movesAtRest = (activation: Activation): boolean =>
  activation === "sigmoid" || activation === "hardSigmoid";

/** How a module settles in a phase in which all units are needed. */
function settling(phase: Phase, module: string, made: number, tolerance: number | undefined): ModuleSettle {
  const iterations = typeof phase.iterations === "number" ? phase.iterations : made;
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

/** The iterations of a phase in which all modules iterate at once: one tick each. */
function settlingTogether({ modules }: Network, phase: Phase, made: number): ModuleSettle[] {
  const [module, ...others] = modules.keys();
  const tick = { ...settling(phase, module, made, undefined), others, followsOutput: phase.followsOutput };
  return Array.from({ length: tick.iterations }, (_unused, i) => ({
    ...tick,
    iterations: 1,
    start: i === 0 ? phase.start : "previous",
  }));
}

/** The trials of a rule whose modules iterate at once in both phases, so that no order is needed. */
function planTogether(network: Network, rule: LearningRule, iterations: PhasedIterations): TrialPlan {
  if (iterations.tolerance !== undefined) {
    throw invalid(
      "iterations.tolerance",
      iterations.tolerance,
      `none with the rule ${rule.name}, whose modules iterate together, all so many times`,
    );
  }
  const inference = settlingTogether(network, rule.phases[0], iterations.inference);
  const learning = settlingTogether(network, rule.phases[1], iterations.learning);
  return { answering: inference, inference, learning };
}

/**
 * Plans the trials of phased operation: in each phase modules settle one after the other, in the order of the
 * pathways, or all at once if the rule says so. Modules that take no part in inference come last, and have what they
 * settle to without input.
 * @param biased modules with a recurrent bias, which moves them even at rest
 * @param whole whether every unit's state is wanted at the end of a phase, or only what the trial itself uses
 * @throws EddyError INVALID_DESCRIPTION when the order of the modules is neither given nor can be derived, or for a
 *   tolerance where modules iterate at once
 * @see Liu et al. 2026, Algorithm 1
 */
export function trialPlan(
  network: Network,
  rule: LearningRule,
  iterations: PhasedIterations,
  biased: { has(module: string): boolean },
  whole = true,
): TrialPlan {
  const [inference, learning] = rule.phases;
  invariant(inference.together === learning.together, "modules iterate together in both phases, or in none");
  if (inference.together) return planTogether(network, rule, iterations);
  const { inference: toSettle, learning: toLearn, tolerance } = iterations;
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

/** The same trials with one iteration after the other, so that every state on the way can be seen. */
export function stepwise(plan: TrialPlan): TrialPlan {
  const single = (settle: ModuleSettle): ModuleSettle[] =>
    Array.from({ length: Math.max(1, settle.iterations) }, (_unused, i) => ({
      ...settle,
      iterations: Math.min(1, settle.iterations),
      start: i === 0 ? settle.start : "previous",
      needed: i === settle.iterations - 1 ? settle.needed : null,
    }));
  return {
    answering: plan.answering.flatMap(single),
    inference: plan.inference.flatMap(single),
    learning: plan.learning.flatMap(single),
  };
}
