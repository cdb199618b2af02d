import type { Kernels } from "../../src/kernels/kernels.js";
import type { Checkpoint } from "../../src/simulation/checkpoint.js";
import { openStimuli } from "../../src/simulation/open-stimuli.js";
import { type RunInput, resolveRun } from "../../src/simulation/run-description.js";
import { openTraining, type TaskResult, type Training } from "../../src/simulation/train.js";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";

/** Image sets of unlike lengths, neither of them a multiple of the batch. */
export function writeTwoSets(folder: string): void {
  writeLearnableSet(`${folder}/mnist`, { training: 230, test: 60, seed: 1 });
  writeLearnableSet(`${folder}/fashion-mnist`, { training: 170, test: 50, seed: 2 });
}

/** A run that learns small images in a second. */
export const imageRun: RunInput = {
  name: "small images",
  network: { preset: "chain", neurons: 64, spectralRadius: 0.8, task: "mnist" },
  rule: "STE",
  batch: 20,
  optimiser: { kind: "adam", learningRate: 0.03 },
  schedule: { kind: "phased", epochs: 4 },
  stimuli: { mnist: { source: "mnist" } },
};

/** Two tasks through the same modules. */
export const twoTaskRun: RunInput = {
  ...imageRun,
  network: { preset: "shared-modules", neurons: 128, spectralRadius: 0.8 },
  stimuli: { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } },
};

/** Sets up training of a run whose data are in a folder. */
export function trainingOf(
  kernels: Kernels,
  value: unknown,
  folder: string,
  from: Checkpoint | null = null,
): Training {
  const run = resolveRun(value);
  return openTraining(kernels, run, openStimuli(run, folder), from);
}

/** Trains to the end, or until told to stop after so many batches. */
export async function trainOn(training: Training, stopAfterBatches = Number.POSITIVE_INFINITY) {
  const epochs: Readonly<Record<string, TaskResult>>[] = [];
  const stop = new AbortController();
  let batches = 0;
  if (stopAfterBatches === 0) stop.abort();
  for await (const event of training.epochs(stop.signal)) {
    if (event.kind === "epoch") epochs.push(event.tasks);
    if (event.kind !== "batch") continue;
    batches += 1;
    if (batches === stopAfterBatches) stop.abort();
  }
  return { epochs, batches };
}
