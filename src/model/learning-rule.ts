import type { Activation, Kernels, Tensor } from "../kernels/kernels.js";

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
  /** how many iterations: those that the run gives to the inference or learning phase, or none: the drive is all */
  readonly iterations: "inference" | "learning" | "none";
  /** what forward pathways carry */
  readonly forward: Exclude<Carry, "error">;
  /** what error pathways carry */
  readonly error: Extract<Carry, "nothing" | "error">;
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
  /** their sum is the gradient of a plastic pathway */
  readonly gradient: readonly GradientPart[];
}

/** `z_source^T e_target / batch`: what most rules make of their errors (Liu et al. 2026, eq. S9). */
export const sourceTimesError: readonly GradientPart[] = [{ source: "inference", target: "error", scale: 1 }];
