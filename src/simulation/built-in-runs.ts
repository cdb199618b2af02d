import type { RunInput } from "./run-description.js";

/** What `eddy run` shows without a file: two modules learn to tell tilted gratings apart, one at a time. */
export const gaborScene: RunInput = {
  name: "gabor 2AFC",
  network: { preset: "chain", modules: 2, neurons: 256, inputs: 1024, outputs: 2, task: "gabor" },
  rule: "EPE",
  batch: 1,
  schedule: { kind: "continuous", forward: "held", ticks: { inference: 12, learning: 10 } },
  stimuli: { gabor: { source: "gabor", noise: 0.2 } },
};

/** Tasks that `eddy train --task` knows. */
export const taskNames = ["mnist", "fashion-mnist", "cifar-10", "gabor", "two-tasks"] as const;
export type TaskName = (typeof taskNames)[number];

/**
 * A run that trains on a built-in task.
 * @param modules length of the chain; two-tasks has always four, with a shared feedback pathway (fig 5b)
 */
export function trainingRun(task: TaskName, modules: number): RunInput {
  const schedule = { kind: "phased" as const, epochs: 10 };
  switch (task) {
    case "two-tasks":
      return {
        name: "two tasks",
        network: { preset: "shared-feedback" },
        schedule,
        stimuli: { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } },
      };
    case "gabor":
      return {
        name: `gabor, ${modules} modules`,
        // the settings of Liu et al. 2026, Appendix 2
        network: { preset: "chain", modules, neurons: 256, inputs: 1024, outputs: 2, task },
        optimiser: { kind: "adam", learningRate: 2e-2 },
        schedule: { ...schedule, epochs: 20 },
        stimuli: { gabor: { source: "gabor", trainingImages: 1000 } },
      };
    case "cifar-10":
      return {
        name: `${task}, ${modules} modules`,
        // the settings of Liu et al. 2026, table 1
        network: { preset: "chain", modules, inputs: 3072, task },
        rule: "STE",
        optimiser: { kind: "adam", learningRate: 2e-4 },
        schedule,
        stimuli: { [task]: { source: task } },
      };
    default:
      return {
        name: `${task}, ${modules} modules`,
        network: { preset: "chain", modules, task },
        rule: "STE",
        schedule,
        stimuli: { [task]: { source: task } },
      };
  }
}
