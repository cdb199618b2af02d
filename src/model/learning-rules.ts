import { errorPerturbedError, shortTrajectoryError, withDerivative } from "./adjoint-propagation.js";
import { backpropagation, feedbackAlignment } from "./backpropagation.js";
import { equilibriumPropagation } from "./equilibrium-propagation.js";
import type { LearningRule } from "./learning-rule.js";
import { invalid } from "./validate.js";

/** The learning rules by the names that run files use. */
export const learningRules = {
  STE: shortTrajectoryError,
  EPE: errorPerturbedError,
  BP: backpropagation,
  FA: feedbackAlignment,
  EP: equilibriumPropagation,
} as const satisfies Record<string, LearningRule>;

export type RuleName = keyof typeof learningRules;

/** The names of the learning rules. */
export const ruleNames = Object.keys(learningRules) as RuleName[];

/** The rules whose updates leave the derivative of the activation out, unless a run asks for it. */
const withoutDerivative: readonly RuleName[] = ["STE", "EPE"];

/**
 * The rule that a run learns by.
 * @throws EddyError INVALID_DESCRIPTION when the derivative is asked for and the rule has it already
 */
export function ruleOf({
  rule,
  derivative = false,
}: {
  readonly rule: RuleName;
  readonly derivative?: boolean;
}): LearningRule {
  if (!derivative) return learningRules[rule];
  if (!withoutDerivative.includes(rule))
    throw invalid(
      "run.derivative",
      derivative,
      `false with the rule ${rule}; it is an option of ${withoutDerivative.join(" and ")}`,
    );
  return withDerivative(learningRules[rule]);
}
