import { type LearningRule, type Phase, sourceTimesError } from "./learning-rule.js";

const inference: Phase = {
  name: "inference",
  order: "inference",
  start: "zero",
  iterations: "inference",
  forward: "state",
  error: "nothing",
};

const learning: Phase = {
  name: "learning",
  order: "learning",
  start: "zero",
  iterations: "learning",
  forward: "held",
  error: "error",
};

/**
 * A rule of adjoint propagation whose updates keep the derivative of the activation:
 * `z_source^T (e_target f'(u_target)) / batch`. Errors travel as they do without it.
 * @see Liu et al. 2026, eq. S8 and Appendix 1
 */
export const withDerivative = (rule: LearningRule): LearningRule => ({
  ...rule,
  gradient: rule.gradient.map((part) => ({ ...part, derivative: true })),
});

/** The displacement `e = z - y` of a module's state by the errors that enter it (Liu et al. 2026, eq. S6). */
const displacement: LearningRule["error"] = (kernels, _activation, { state: z }, { state: y }) =>
  kernels.difference(z, y);

/**
 * Adjoint propagation with the short-trajectory error: the learning phase starts from zero like the inference phase.
 * @see Liu et al. 2026, fig 3a and Algorithm 1
 */
export const shortTrajectoryError: LearningRule = {
  name: "STE",
  phases: [inference, learning],
  error: displacement,
  gradient: sourceTimesError,
};

/**
 * Adjoint propagation with the error-perturbed error: the learning phase goes on from where the inference phase ended.
 * @see Liu et al. 2026, fig 3d and Algorithm 1
 */
export const errorPerturbedError: LearningRule = {
  name: "EPE",
  phases: [inference, { ...learning, start: "previous" }],
  error: displacement,
  gradient: sourceTimesError,
};
