import type { Activation, Kernels, Tensor } from "../kernels/kernels.js";
import type { Network } from "./network.js";

/**
 * What a pathway carries in a phase: nothing; what its source's state is (inference signals); what it carried when the
 * phase before ended; or `-beta` times its source's error.
 */
export type Carry = "nothing" | "state" | "held" | "error";

/** One phase of a trial. */
export interface Phase {
  readonly name: string;
  /** modules settle in the order of the forward or of the error pathways */
  readonly order: "inference" | "learning";
  /** the state that a module starts from: zero, or where the phase before left it */
  readonly start: "zero" | "previous";
  /** how many iterations: those that the run gives to the inference or learning phase, or a number of the rule's own */
  readonly iterations: "inference" | "learning" | number;
  /** what forward pathways carry */
  readonly forward: Exclude<Carry, "error">;
  /** what error pathways carry */
  readonly error: Extract<Carry, "nothing" | "error">;
  /**
   * all modules iterate at once, each reading what the others published in the iteration before, as in continuous
   * operation; absent: one after the other, in the order, each all its iterations. In both phases, or in none
   */
  readonly together?: boolean;
  /** the readouts' errors are those of the states before each iteration; absent: those of the inference phase's end */
  readonly followsOutput?: boolean;
}

/** What a phase left in a module. */
export interface SettledModule {
  /** [batch, neurons] */
  readonly state: Tensor;
  /** [batch, neurons] what drove it */
  readonly drive: Tensor;
}

/**
 * One part of a forward pathway's gradient: `scale source^T target / batch`. The source's state is that at the end of
 * the inference or of the learning phase; the target gives its error, or its state at either end, as contrastive rules
 * need. Readouts always learn by their output error.
 */
export interface GradientPart {
  readonly source: "inference" | "learning";
  readonly target: "error" | "inference" | "learning";
  readonly scale: number;
  /** divided by beta, with its sign: for errors that are taken as they are moved, not divided by what moved them */
  readonly overBeta?: boolean;
  /** the target's error is taken times f'(u), with u at the end of the inference phase; errors travel without it */
  readonly derivative?: boolean;
}

/**
 * A learning rule is a value: which phases a trial has, what pathways carry in each, each module's error from what the
 * phases left, and of what the gradient of a plastic pathway is made. Optimisers, schedules, recording and views know
 * rules only through this.
 */
export interface LearningRule {
  readonly name: string;
  readonly phases: readonly [inference: Phase, learning: Phase];
  /**
   * A module's error.
   * @param inference what the first phase left in it
   * @param learning what the second phase left in it
   * @returns [batch, neurons], owned by the caller
   */
  error(kernels: Kernels, activation: Activation, inference: SettledModule, learning: SettledModule): Tensor;
  /**
   * says that `error` mixes units; else the error of a unit follows from what the phases left in this unit alone, and
   * phases may leave units out of which nothing is used
   */
  readonly mixesUnits?: boolean;
  /** the sign of beta is drawn for each trial that learns */
  readonly drawsSign?: boolean;
  /** their sum is the gradient of a plastic pathway */
  readonly gradient: readonly GradientPart[];
  /**
   * Refuses a network on which the rule would not be what its name says; absent takes any.
   * @throws EddyError INVALID_DESCRIPTION
   */
  check?(network: Network): void;
}

/**
 * Whether a rule can run without end: modules are never reset, each phase lasts as long as the run says, and an error
 * stays as it entered.
 */
export const runsContinuously = ({ phases }: Pick<LearningRule, "phases">): boolean =>
  phases[1].start === "previous" &&
  phases.every(({ iterations, followsOutput }) => typeof iterations !== "number" && !followsOutput);

/** `z_source^T e_target / batch`: what most rules make of their errors (Liu et al. 2026, eq. S9). */
export const sourceTimesError: readonly GradientPart[] = [{ source: "inference", target: "error", scale: 1 }];
