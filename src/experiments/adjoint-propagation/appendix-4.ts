import type { Experiment } from "../experiment.js";
import { trials } from "./runs.js";
import { type TwoTaskPreset, twoTaskStimuli } from "./two-tasks.js";

const less = (neurons: number, limit: number, batch: number, epochs: number) => ({
  set: {
    "network.neurons": neurons,
    "stimuli.mnist.limit": limit,
    "stimuli.fashion-mnist.limit": limit,
    batch,
    "schedule.epochs": epochs,
    "measure.every": 1,
  },
});

/** What both networks of Appendix 4 have in common. */
export const interference = (
  preset: TwoTaskPreset,
  updates: readonly string[],
): Pick<Experiment, "studies" | "panels" | "references" | "quick" | "smoke"> => ({
  studies: {
    similarity: {
      run: {
        ...trials(20),
        rule: "EPE",
        network: { preset },
        schedule: { kind: "phased", epochs: 20, tasks: "simultaneous" },
        stimuli: twoTaskStimuli,
      },
      measure: "cosine",
      options: { every: 4 },
    },
  },
  panels: [
    {
      kind: "lines",
      title: "errors of Fashion-MNIST",
      where: { kind: ["error", "mean error", "error by stimulus"] },
      column: "kind",
      x: "batch",
      y: "cosine",
      colour: "of",
      points: false,
      yTitle: "cosine similarity",
    },
    {
      kind: "lines",
      title: "mean updates of Fashion-MNIST",
      where: { kind: "update", of: [...updates] },
      x: "batch",
      y: "cosine",
      colour: "of",
      points: false,
      yTitle: "cosine similarity",
    },
  ],
  references: [],
  quick: less(384, 2500, 50, 6),
  smoke: less(96, 100, 50, 1),
});

/** What the appendix leaves open. */
export const interferenceRemarks: readonly string[] = [
  "In full every fourth of the 2400 batches is compared; all of them are learned from.",
  "The paper does not define its batch cosine similarity. Shown are three readings, all over every unit of a module: the errors of the batch as one vector, their mean over the batch, and stimulus by stimulus, mean over the batch. That of updates is over all weights of a pathway, before the optimiser.",
  "Where both tasks err alike, their errors in m4 are of one size and have little to do with each other: a cosine of about 0.7. It rises as MNIST is learned, which leaves less of its error.",
  "The appendix does not name the error; EPE is that of the authors' code.",
  "m1 to m4 are the paper's L1 to L4, out1 its output of task 1, Fashion-MNIST.",
];
