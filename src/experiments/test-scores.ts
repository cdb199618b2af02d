import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Kernels } from "../kernels/kernels.js";
import type { Parameters } from "../model/parameters.js";
import { presentTrial, testPass } from "../simulation/epoch-plan.js";
import type { Run } from "../simulation/run-description.js";
import { openGates } from "../streams/open-gates.js";
import { answersProbabilities, type Score, scoreOutput } from "../streams/score.js";
import type { StimulusSource } from "../streams/stimulus.js";
import { phasedBeside } from "./phased-beside.js";

/** How well a task did; loss in nats, accuracy in percent, null for vectors. */
export interface TaskScore {
  readonly loss: number;
  readonly accuracy: number | null;
}

/** Percent to two decimals. */
export const percent = (share: number): number => Math.round(share * 1e4) / 100;

/** Sums of scores, weighed by how many stimuli they speak of. */
export const scoreSum = z.strictObject({
  count: z.number(),
  loss: z.number(),
  /** null for vectors */
  right: z.number().nullable(),
});

export type ScoreSum = Readonly<z.output<typeof scoreSum>>;

/** Of nothing yet. */
export const noScore: ScoreSum = { count: 0, loss: 0, right: 0 };

export const addScore = (sum: ScoreSum, { count, loss, accuracy }: Score): ScoreSum => ({
  count: sum.count + count,
  loss: sum.loss + loss * count,
  right: sum.right === null || accuracy === null ? null : sum.right + accuracy * count,
});

/** NaN of nothing. */
export const meanScore = ({ count, loss, right }: ScoreSum): TaskScore => ({
  loss: loss / count,
  accuracy: right === null ? null : percent(right / count),
});

/**
 * Scores every test example of a run once, by phased inference with parameters as they are now.
 * @param parameters stay their owner's
 * @returns by task; tasks without a test set are left out
 * @throws the signal's reason once it is aborted
 */
export async function testScores(
  kernels: Kernels,
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TaskScore>> {
  const { network } = run;
  const phased = phasedBeside(kernels, run, parameters);
  const sums = new Map<string, ScoreSum>();
  try {
    for (const trial of testPass(run, sources)) {
      signal.throwIfAborted();
      openGates(network, phased.state, trial.tasks);
      phased.infer(presentTrial(run, sources, trial, "test"));
      for (const name of trial.tasks) {
        const task = network.tasks.get(name);
        const output = task && phased.state.outputs.get(task.readout);
        const target = task && phased.state.targets.get(task.readout);
        if (!output || !target) continue;
        const probabilities = answersProbabilities(network, task);
        const score = await scoreOutput(kernels, task.target, output, target, probabilities);
        sums.set(name, addScore(sums.get(name) ?? noScore, score));
      }
      await setImmediate();
    }
    return new Map([...sums].map(([name, sum]) => [name, meanScore(sum)]));
  } finally {
    phased.close();
  }
}
