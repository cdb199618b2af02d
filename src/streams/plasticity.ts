import { EMPTY, mergeMap, type OperatorFunction, of } from "rxjs";
import type { Kernels } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import { optimiserStep } from "../model/optimiser.js";
import { gradientTerms, type PlasticWeights } from "../model/plastic-weights.js";
import type { UpdateEvent } from "./events.js";
import { type PhaseEnd, trialEnd } from "./phase-end.js";

/**
 * Plasticity: when a learning phase ends, weights change by the rule's gradient, `z_source^T e_target / batch` in
 * adjoint propagation, through the optimiser. Weights of which no open, plastic pathway was taught stay as they are, and
 * so does what their optimiser remembers. Emits once for each change, completes and errs with its source.
 * @see Liu et al. 2026, eq. S9
 */
export const plasticity = (
  kernels: Kernels,
  { gradient: parts }: Pick<LearningRule, "gradient">,
  plastic: PlasticWeights,
  keepGradient = false,
): OperatorFunction<PhaseEnd, UpdateEvent> =>
  mergeMap((end) => {
    const { state } = end;
    const learned = state.parameters.learned.get(plastic.name);
    if (end.phase !== "learning" || !learned) return EMPTY;
    const terms = gradientTerms(plastic, parts, trialEnd(end));
    if (terms.length === 0) return EMPTY;
    learned.steps += 1;
    const optimiser = optimiserStep(state.optimiser, learned.steps, plastic.factor);
    const { weights, moments, gradient } = kernels.learn({ ...learned, terms, optimiser, keepGradient });
    learned.weights = weights;
    learned.moments = moments;
    return of({ kind: "update" as const, tick: end.tick, weights: plastic.name, value: weights, gradient });
  });
