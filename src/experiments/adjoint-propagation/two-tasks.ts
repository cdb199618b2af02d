import type { Experiment, Reference } from "../experiment.js";
import type { PanelInput } from "../panel.js";
import type { Form, StudyInput } from "../study.js";
import { authorsTwoTaskCurves } from "./authors-curves.js";

/** The networks of fig 5a, b and c. */
export type TwoTaskPreset = "shared-modules" | "shared-feedback" | "recruitment";

const stimuli = { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } };

/** Trained by epochs, in trials: one task after the other, an epoch of each in turn, or both in every trial. */
export const inTrials = (preset: TwoTaskPreset, tasks: readonly string[]): StudyInput => ({
  run: { network: { preset }, rule: "EPE", schedule: { kind: "phased", epochs: 100 }, stimuli },
  vary: { tasks: { path: "schedule.tasks", values: [...tasks] } },
});

/**
 * The same network as a continuous stream of both tasks. The signals of Fashion-MNIST pass through one more module
 * each way, so it has the longer phases.
 */
export const asStream = (preset: TwoTaskPreset): StudyInput => ({
  run: {
    network: { preset },
    schedule: {
      kind: "continuous",
      clocks: {
        mnist: { inference: 12, learning: 10 },
        "fashion-mnist": { inference: 16, learning: 14 },
      },
    },
    stimuli,
  },
  measure: "stream",
  options: { trials: 2400, window: 120 },
});

const accuracy = { kind: "lines", x: "epoch", colour: "task", points: false } as const;

/** Accuracy of both tasks by epoch: how they take turns side by side, then the stream. */
export const twoTaskPanels: readonly PanelInput[] = [
  {
    ...accuracy,
    study: "phased",
    title: "trial by trial",
    y: "testAccuracy",
    column: "tasks",
    xTitle: "epoch",
    yTitle: "test accuracy (%)",
  },
  {
    ...accuracy,
    study: "stream",
    title: "continuous stream, two clocks",
    y: "testAccuracy",
    xTitle: "stimuli seen (epochs)",
    yTitle: "test accuracy (%)",
  },
  {
    ...accuracy,
    study: "stream",
    title: "continuous stream, before learning",
    y: "onlineAccuracy",
    xTitle: "stimuli seen (epochs)",
    yTitle: "online accuracy (%)",
  },
];

const less = (neurons: number, limit: number, batch: number) => ({
  "network.neurons": neurons,
  "stimuli.mnist.limit": limit,
  "stimuli.fashion-mnist.limit": limit,
  batch,
});

/** Fewer images, in smaller batches so that there are updates enough, through smaller modules. */
export const twoTaskForms = (neurons: number): Pick<Experiment, "quick" | "smoke"> => ({
  quick: {
    phased: { set: { ...less(neurons, 2000, 20), "schedule.epochs": 6 } },
    stream: { set: { ...less(neurons, 2000, 20), "measure.trials": 500, "measure.window": 50 } },
  } satisfies Record<string, Form>,
  smoke: {
    phased: { set: { ...less(96, 100, 50), "schedule.epochs": 1 } },
    stream: { set: { ...less(96, 100, 50), "measure.trials": 2, "measure.window": 2 } },
  } satisfies Record<string, Form>,
});

/** What the paper says of a task, when the two take turns in this way. */
export const paperAccuracy = (tasks: string, task: string, mean: number): Reference => ({
  study: "phased",
  where: { task, tasks },
  of: "testAccuracy",
  take: "best",
  paper: { mean },
});

/** What the authors' code gave, both tasks in every trial. */
export const authorsAccuracy = (network: "fig5b" | "fig5c", task: "fashion-mnist" | "mnist"): Reference => ({
  study: "phased",
  where: { task, tasks: "simultaneous" },
  of: "testAccuracy",
  take: "epochs",
  authors: authorsTwoTaskCurves(network, task),
});

/** What holds of all three networks. */
export const twoTaskRemarks: readonly string[] = [
  "The paper does not tell its number of epochs; the full form has 100, and 20 as a stream. In the stream an epoch is as many stimuli of a task as its training set has.",
  "As a stream both tasks run at once, each by its own clock, with all their pathways open (Algorithm 3). A stimulus of one task waits while the other's error is on its way through modules that it drives.",
  "Test accuracies of the stream are of phased inference with the weights of that moment; online accuracies are of training images before they are learned from.",
];
