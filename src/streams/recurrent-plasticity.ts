import { EMPTY, mergeMap, type OperatorFunction, of } from "rxjs";
import { invariant } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import { optimiserStep } from "../model/optimiser.js";
import { matrixTerms, type PlasticMatrix } from "../model/plastic-weights.js";
import type { RecurrentUpdateEvent } from "./events.js";
import { drop } from "./network-state.js";
import { type PhaseEnd, trialEnd } from "./phase-end.js";

/**
 * Plasticity of a recurrent matrix: when a learning phase ends in which its module had an error, its connections change
 * by the rule's gradient, `z^T e / batch` in adjoint propagation, through the optimiser, at `factor` times the learning
 * rate. What the module has spoken, by connections that are no more, is forgotten. Emits once for each change,
 * completes and errs with its source.
 * @see Liu et al. 2026, eq. S9, with the module as its own source and target
 */
export const recurrentPlasticity = (
  kernels: Kernels,
  { gradient: parts }: Pick<LearningRule, "gradient">,
  plastic: PlasticMatrix,
  keepGradient = false,
): OperatorFunction<PhaseEnd, RecurrentUpdateEvent> =>
  mergeMap((end) => {
    if (end.phase !== "learning") return EMPTY;
    const { state } = end;
    const terms = matrixTerms(plastic, parts, trialEnd(end));
    if (terms.length === 0) return EMPTY;
    const { name, module, factor } = plastic;
    const recurrent = state.parameters.recurrent.get(module);
    invariant(recurrent, `module ${module} has a recurrent matrix`);
    const step = recurrent.steps + 1;
    const optimiser = optimiserStep(state.optimiser, step, factor);
    const { matrix, moments, gradient } = kernels.learnMatrix({
      ...recurrent,
      terms,
      optimiser,
      keepGradient,
    });
    recurrent.matrix = matrix;
    recurrent.moments = moments;
    recurrent.steps = step;
    for (const tensors of [state.spoken, state.sums]) drop(kernels, tensors, module);
    return of({ kind: "recurrentUpdate" as const, tick: end.tick, weights: name, value: matrix, gradient });
  });
