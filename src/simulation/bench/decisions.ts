import { invariant } from "../../errors.js";
import type { Kernels } from "../../kernels/kernels.js";
import { ruleOf } from "../../model/learning-rules.js";
import { openGates } from "../../streams/open-gates.js";
import { phasedNetwork } from "../../streams/phased.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import type { Checkpoint } from "../checkpoint.js";
import { presentTrial, testPass } from "../epoch-plan.js";
import type { Run } from "../run-description.js";
import { restoreState } from "../state-snapshot.js";

/** What a trained network answers to the test images of its task. */
export interface Decisions {
  /** the class of each image */
  readonly classes: readonly number[];
  /** share that is right, percent */
  readonly accuracy: number;
  /** for all images, milliseconds */
  readonly ms: number;
}

const largest = (values: Float32Array): number => values.indexOf(Math.max(...values));

function classesOf(output: Float32Array, size: number): number[] {
  return Array.from({ length: output.length / size }, (_unused, row) =>
    largest(output.subarray(row * size, (row + 1) * size)),
  );
}

/**
 * Answers every test image.
 * @param run with one task, and the tolerance and propagation to answer with
 * @param trained holds the weights
 */
export async function decide(
  kernels: Kernels,
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  trained: Checkpoint,
): Promise<Decisions> {
  const { network, iterations, propagation } = run;
  const state = restoreState(kernels, network, trained.snapshot);
  const wiring = { kernels, network, rule: ruleOf(run), state, propagation };
  const phased = phasedNetwork(wiring, iterations, { whole: false });
  const [task] = network.tasks.values();
  const classes: number[] = [];
  const targets: number[] = [];
  let ms = 0;
  try {
    openGates(network, state, [task.name]);
    for (const planned of testPass(run, sources)) {
      const trial = presentTrial(run, sources, planned, "test");
      const startMs = performance.now();
      phased.infer(trial);
      const output = state.outputs.get(task.readout);
      invariant(output, "a trial leaves the output of its readout");
      const read = await kernels.read(output);
      ms += performance.now() - startMs;
      const size = output.shape[1];
      classes.push(...classesOf(read, size));
      targets.push(...classesOf(trial.targets.get(task.readout) ?? new Float32Array(), size));
    }
  } finally {
    phased.close();
  }
  const right = classes.filter((value, i) => value === targets[i]).length;
  return {
    classes,
    accuracy: Math.round((right / classes.length) * 1e4) / 100,
    ms: Math.round(ms * 10) / 10,
  };
}

/** How many of the same images two networks take for different classes. */
export const differing = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value !== b[i]).length;
