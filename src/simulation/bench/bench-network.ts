import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { initialWeights, type Weights } from "../../model/initial-weights.js";
import { ruleOf } from "../../model/learning-rules.js";
import type { ContinuousNetwork } from "../../streams/continuous.js";
import type { NetworkState } from "../../streams/network-state.js";
import { openNetwork } from "../open-network.js";
import { endlessDoors, openStimuli } from "../open-stimuli.js";
import type { Run } from "../run-description.js";

/**
 * Draws weights once for the measurements in a row that are made on equal networks: drawing and scaling W takes longer
 * than much of what is measured.
 */
export function drawnOnce(): (run: Run) => Weights {
  let last: { readonly description: string; readonly weights: Weights } | null = null;
  return ({ network, seed }) => {
    const description = JSON.stringify(network.description);
    if (last?.description !== description) last = { description, weights: initialWeights(network, seed) };
    return last.weights;
  };
}

/** A network in continuous operation on the stimuli of its run, which need no data. */
export const liveNetwork = (kernels: Kernels, run: Run, weights: Weights): ContinuousNetwork =>
  openNetwork(kernels, run, endlessDoors(run, openStimuli(run, "")), ruleOf(run), weights);

/**
 * Resolves when a backend has made all that was asked of it so far: one number of the newest tensor is read, so that
 * on a backend which computes at once nothing is added that can be seen.
 * @param tensor [rows, columns], or [size] as a bias: the result that was asked for last
 */
export async function finished(kernels: Kernels, tensor: Tensor): Promise<void> {
  const one =
    tensor.shape.length === 2
      ? kernels.sample({ tensor, row: 0, units: [0, 1], every: 1 })
      : kernels.meanMagnitude(tensor);
  await kernels.read(one).finally(() => kernels.dispose(one));
}

/** Resolves when the outputs of all readouts are there. */
export async function outputsFinished(kernels: Kernels, { outputs }: NetworkState): Promise<void> {
  for (const output of outputs.values()) await finished(kernels, output);
}

/** Resolves when a learning step is over: the newest weights, or biases, are there; outputs, where nothing learns. */
export async function learningFinished(kernels: Kernels, state: NetworkState): Promise<void> {
  const newest = [...state.parameters.learned.values()].at(-1);
  if (newest) await finished(kernels, newest.weights);
  else await outputsFinished(kernels, state);
}
