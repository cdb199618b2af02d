import { invariant } from "../../errors.js";
import type { Kernels } from "../../kernels/kernels.js";
import type { Weights } from "../../model/initial-weights.js";
import { ruleOf } from "../../model/learning-rules.js";
import { random } from "../../model/random.js";
import { type PhasedTrial, phasedNetwork } from "../../streams/phased.js";
import { initialState } from "../open-network.js";
import type { Run } from "../run-description.js";
import { learningFinished, outputsFinished } from "./bench-network.js";
import { type Effort, type Timing, timed } from "./timing.js";

/** Trials of phased operation at one size of the batch, by what is made of them. */
export interface TrialSteps {
  infer(effort: Effort): Promise<Timing>;
  /** both phases and the optimiser */
  learn(effort: Effort): Promise<Timing>;
  close(): void;
}

/**
 * A batch of noise with labels of their own: what it shows makes no difference to how long it takes.
 * @param seed another one, another batch
 */
export function noiseTrial({ network }: Run, batch: number, seed = 1): PhasedTrial {
  const source = random(seed, `bench batch ${batch}`);
  const inputs = new Map<string, Float32Array>();
  const targets = new Map<string, Float32Array>();
  for (const { input, readout } of network.tasks.values()) {
    const size = network.inputs.get(input);
    const outputs = network.readouts.get(readout)?.size;
    invariant(size !== undefined && outputs !== undefined, "a task's input and readout are in its network");
    inputs.set(
      input,
      Float32Array.from({ length: batch * size }, () => source.uniform(0, 1)),
    );
    const oneHot = new Float32Array(batch * outputs);
    for (let row = 0; row < batch; row++) oneHot[row * outputs + source.integer(outputs)] = 1;
    targets.set(readout, oneHot);
  }
  return { inputs, targets, batch };
}

/**
 * Sets trials up to be timed, through the public streams: a step uploads the inputs and targets as every trial does, and
 * is over when one number of its last result has been read.
 * @param weights the run's, as drawn
 */
export function trialSteps(kernels: Kernels, run: Run, weights: Weights, batch: number): TrialSteps {
  const { network, iterations, propagation } = run;
  const state = initialState(kernels, { ...run, batch }, weights);
  const wiring = { kernels, network, rule: ruleOf(run), state, propagation };
  // as in training: nobody watches the states
  const phased = phasedNetwork(wiring, iterations, { whole: false });
  const trial = noiseTrial(run, batch);
  return {
    infer: (effort) =>
      timed(() => {
        phased.infer(trial);
        return outputsFinished(kernels, state);
      }, effort),
    learn: (effort) =>
      timed(() => {
        phased.learn(trial);
        return learningFinished(kernels, state);
      }, effort),
    close: () => phased.close(),
  };
}
