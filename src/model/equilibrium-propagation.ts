import type { LearningRule } from "./learning-rule.js";
import type { Network, Pathway } from "./network.js";
import { invalid } from "./validate.js";

/** A forward pathway between modules. */
const between = ({ kind, source }: Pathway): boolean => kind === "forward" && source.kind === "state";

/**
 * Refuses a network in which an error that entered could not travel on: it does so by the states themselves, so from a
 * module that learns to feed another, a forward pathway has to lead back.
 */
function checkTwoWay({ pathways }: Network): void {
  const all = [...pathways.values()].filter(between);
  const alone = all.find(
    ({ source, target, plastic, transposed }) =>
      plastic &&
      !transposed &&
      !all.some((back) => back.source.name === target.name && back.target.name === source.name),
  );
  if (alone)
    throw invalid(
      "run.rule",
      "EP",
      `a forward pathway back along "${alone.id}", with weights {"shares": "${alone.id}", "transposed": true}, as the preset equilibrium has them; or another rule`,
    );
}

/**
 * Equilibrium propagation. All units go down an energy
 * `E = 1/2 sum s^2 - 1/2 sum_ij W_ij rho(s_i) rho(s_j) - sum_i b_i rho(s_i)`, with `rho(s) = clip(s, 0, 1)` and symmetric
 * W, by steps of Euler's method, `s <- clip(s + eps (sum_j W_ij s_j + b_i - s), 0, 1)`: modules of the activation `clip`
 * and time step eps, connected two ways. The inference phase is free, and ends at s0; in the learning phase the output
 * units are drawn weakly to their targets d by a further force `beta (d - s)`, of the outputs s as they go, and it ends
 * at sb. Then `dW_ij = rate / beta (sb_i sb_j - s0_i s0_j)`, `db_i = rate / beta (sb_i - s0_i)`, means over the batch. The
 * sign of beta is drawn for each trial, as in the authors' code. There a trial goes on from where the same example's
 * last one ended (persistent particles); here it begins at zero.
 * @see Scellier and Bengio 2017, eq. 1 to 9 and section 5; the authors' code, Towards-a-Biologically-Plausible-Backprop
 */
export const equilibriumPropagation: LearningRule = {
  name: "EP",
  phases: [
    {
      name: "inference",
      order: "inference",
      start: "zero",
      iterations: "inference",
      forward: "state",
      error: "nothing",
      together: true,
    },
    {
      name: "learning",
      order: "learning",
      start: "previous",
      iterations: "learning",
      forward: "state",
      error: "error",
      together: true,
      followsOutput: true,
    },
  ],
  drawsSign: true,
  error: (kernels, _activation, { state: free }, { state: clamped }) => kernels.difference(free, clamped),
  gradient: [
    { source: "inference", target: "inference", scale: 1, overBeta: true },
    { source: "learning", target: "learning", scale: -1, overBeta: true },
  ],
  check: checkTwoWay,
};
