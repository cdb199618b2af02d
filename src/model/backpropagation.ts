import type { LearningRule } from "./learning-rule.js";
import { sourceTimesError } from "./learning-rule.js";
import type { Network, Pathway } from "./network.js";
import { invalid } from "./validate.js";

/**
 * Feedback alignment: `delta = f'(z) * (-drive)`, where the drive of the second phase is `-beta delta_next B`, summed
 * over the error pathways that enter a module. The first phase makes one iteration from zero, `z = f(drive)`, so that
 * recurrent connections have no part in it; the second makes none, since its drive is all it needs. Error pathways
 * from the readout to every module make it direct feedback alignment.
 * @see Lillicrap et al. 2016, Random synaptic feedback weights support error backpropagation for deep learning, eq. 3;
 *   Noekland 2016, Direct feedback alignment provides learning in deep neural networks, eq. 6 and 7
 */
export const feedbackAlignment: LearningRule = {
  name: "FA",
  phases: [
    {
      name: "inference",
      order: "inference",
      start: "zero",
      iterations: 1,
      forward: "state",
      error: "nothing",
    },
    {
      name: "learning",
      order: "learning",
      start: "previous",
      iterations: 0,
      forward: "nothing",
      error: "error",
    },
  ],
  error(kernels, activation, { state: z }, { drive }) {
    const zero = kernels.difference(drive, drive);
    const upstream = kernels.difference(zero, drive);
    const delta = kernels.derivative(activation, z, upstream);
    for (const handle of [zero, upstream]) kernels.dispose(handle);
    return delta;
  },
  gradient: sourceTimesError,
  check: checkLayers,
};

/** Refuses recurrent connections, which would be left out without a word. */
function checkLayers({ modules }: Network): void {
  for (const { name, learning, connectionRate } of modules.values()) {
    if (learning.W > 0)
      throw invalid(
        `network.modules.${name}.learning.W`,
        learning.W,
        "0 with the rules BP and FA, in which recurrent connections take no part",
      );
    if (connectionRate > 0)
      throw invalid(
        `network.modules.${name}.connectionRate`,
        connectionRate,
        "0 with the rules BP and FA, in which recurrent connections take no part; the preset feedforward has such layers",
      );
  }
}

const sameEnd = (
  one: { readonly name: string; readonly block: readonly [number, number] },
  other: { readonly name: string; readonly block: readonly [number, number] },
): boolean => one.name === other.name && one.block[0] === other.block[0] && one.block[1] === other.block[1];

/** Whether an error pathway leads back the way that a forward pathway came, through its weights transposed. */
const mirrors = (error: Pathway, forward: Pathway): boolean =>
  sameEnd(error.source, forward.target) &&
  sameEnd(error.target, forward.source) &&
  error.weights === forward.weights &&
  error.transposed !== forward.transposed;

/** Refuses a network whose error pathways are not its forward and readout pathways, transposed. */
function checkTransposed(network: Network): void {
  const { pathways } = network;
  const all = [...pathways.values()];
  const errors = all.filter(({ kind }) => kind === "error");
  const forward = all.filter(({ source }) => source.kind === "state");
  const stray = errors.find((error) => !forward.some((pathway) => mirrors(error, pathway)));
  const advice =
    'use the rule "FA", or the weights {"shares": ID, "transposed": true} in each error pathway, as the preset feedforward has them with "feedback": "transposed"';
  if (stray)
    throw invalid(
      "run.rule",
      "BP",
      `errors that travel by forward weights transposed, as "${stray.id}" does not; ${advice}`,
    );
  const alone = forward.find((pathway) => !errors.some((error) => mirrors(error, pathway)));
  if (alone)
    throw invalid(
      "run.rule",
      "BP",
      `an error pathway back along "${alone.id}", by its weights transposed; ${advice}`,
    );
  checkLayers(network);
}

/**
 * Backpropagation: feedback alignment whose error pathways are the forward and readout pathways, transposed, so that its
 * gradients are the derivatives of the loss.
 * @see Rumelhart, Hinton and Williams 1986
 */
export const backpropagation: LearningRule = { ...feedbackAlignment, name: "BP", check: checkTransposed };
