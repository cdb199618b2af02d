import type { Experiment, Reference } from "../experiment.js";
import type { PanelInput } from "../panel.js";
import type { StudyInput } from "../study.js";
import { authorsTwoTaskCurves } from "./authors-curves.js";
import { trials } from "./runs.js";

/** The networks of fig 5a, b and c. */
export type TwoTaskPreset = "shared-modules" | "shared-feedback" | "recruitment";

/** Of both tasks. */
export const twoTaskStimuli = { mnist: { source: "mnist" }, "fashion-mnist": { source: "fashion-mnist" } };

/** Trained by epochs, in trials: one task after the other, an epoch of each in turn, or both in every trial. */
const inTrials = (preset: TwoTaskPreset, tasks: readonly string[]): StudyInput => ({
  run: { ...trials(100), rule: "EPE", network: { preset }, stimuli: twoTaskStimuli },
  vary: { tasks: { path: "schedule.tasks", values: [...tasks] } },
});

/**
 * The same network as a continuous stream of both tasks. The signals of Fashion-MNIST pass through one more module
 * each way, so it has the longer phases.
 */
const asStream = (preset: TwoTaskPreset): StudyInput => ({
  run: {
    ...trials(0),
    rule: "EPE",
    network: { preset },
    schedule: {
      kind: "continuous",
      clocks: {
        mnist: { inference: 12, learning: 10 },
        "fashion-mnist": { inference: 16, learning: 14 },
      },
    },
    stimuli: twoTaskStimuli,
  },
  measure: "stream",
  options: { trials: 2400, window: 120 },
});

const accuracy = { kind: "lines", x: "epoch", colour: "task", points: false } as const;

/** Accuracy of both tasks by epoch: how they take turns side by side, then the stream. */
const panels: readonly PanelInput[] = [
  {
    ...accuracy,
    study: "phased",
    title: "trial by trial",
    y: "testAccuracy",
    column: "tasks",
  },
  {
    ...accuracy,
    study: "stream",
    title: "continuous stream, two clocks",
    y: "testAccuracy",
    xTitle: "stimuli seen, epochs",
  },
  {
    ...accuracy,
    study: "stream",
    title: "continuous stream, before learning",
    y: "onlineAccuracy",
    xTitle: "stimuli seen, epochs",
  },
];

const less = (neurons: number, limit: number, batch: number) => ({
  "network.neurons": neurons,
  "stimuli.mnist.limit": limit,
  "stimuli.fashion-mnist.limit": limit,
  batch,
});

/** Fewer images, in smaller batches so that there are updates enough, through smaller modules. */
const forms = (neurons: number): Pick<Experiment, "quick" | "smoke"> => ({
  quick: {
    phased: { set: { ...less(neurons, 2000, 20), "schedule.epochs": 6 } },
    stream: { set: { ...less(neurons, 2000, 20), "measure.trials": 500, "measure.window": 50 } },
  },
  smoke: {
    phased: { set: { ...less(96, 100, 50), "schedule.epochs": 1 } },
    stream: { set: { ...less(96, 100, 50), "measure.trials": 2, "measure.window": 2 } },
  },
});

/**
 * What the paper says of a task, when the two take turns in this way. Of one task after the other it is the end that
 * counts: the best epoch of the first would hide that it was forgotten.
 */
export const paperAccuracy = (tasks: string, task: string, mean: number): Reference => ({
  study: "phased",
  where: { task, tasks },
  of: "testAccuracy",
  take: tasks === "sequential" ? "last" : "best",
  paper: { mean },
});

/** What the authors' code gave, both tasks in every trial. */
export const authorsAccuracy = (network: "fig5b" | "fig5c"): Reference[] =>
  (["mnist", "fashion-mnist"] as const).map((task) => ({
    study: "phased",
    where: { task, tasks: "simultaneous" },
    of: "testAccuracy",
    take: "epochs",
    authors: authorsTwoTaskCurves(network, task),
  }));

/** What holds of all three networks. */
const remarks: readonly string[] = [
  "The paper does not tell its number of epochs; the full form has 100, and 20 as a stream. In the stream an epoch is as many stimuli of a task as its training set has.",
  "The paper does not name the error; EPE is that of its authors' code, and the one that a continuous stream can have.",
  "As a stream both tasks run at once, each by its own clock, with all their pathways open (Algorithm 3). A stimulus of one task waits while the other's error is on its way through modules that it drives.",
  "Test accuracies of the stream are of phased inference with the weights of that moment; online accuracies are of training images before they are learned from.",
];

/** Two tasks through one network: in trials, the tasks taking turns in several ways, and as a stream. */
export const twoTasks = (
  preset: TwoTaskPreset,
  tasks: readonly string[],
  quickNeurons: number,
  references: readonly Reference[],
  own: readonly string[] = [],
): Omit<Experiment, "name" | "title" | "source" | "about"> => ({
  studies: { phased: inTrials(preset, tasks), stream: asStream(preset) },
  panels,
  references,
  remarks: [...remarks, ...own],
  ...forms(quickNeurons),
});
