import type { Experiment } from "../../src/experiments/experiment.js";
import type { StudyInput } from "../../src/experiments/study.js";

/** A run of milliseconds that needs no data: one small module tells gratings apart. */
export const smallRun = {
  network: { preset: "chain", modules: 1, neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 20,
  iterations: { inference: 2, learning: 2 },
  schedule: { kind: "phased", epochs: 2 },
  stimuli: { gabor: { source: "gabor", trainingImages: 60, testImages: 20 } },
};

export const smallStudy: StudyInput = {
  run: smallRun,
  vary: {
    rule: ["STE", "EPE"],
    SR: { path: "network.spectralRadius", values: [0.1, 0.5] },
  },
  seeds: 2,
};

/** Eight cells. */
export const smallExperiment: Experiment = {
  name: "small",
  title: "A small one",
  source: "nowhere",
  about: "Two rules at two spectral radii.",
  studies: { accuracy: smallStudy },
  panels: [{ kind: "lines", x: "SR", y: "testAccuracy", take: "last", colour: "rule" }],
  references: [],
  remarks: [],
  quick: { seeds: 1 },
  smoke: { accuracy: { seeds: 1, set: { "schedule.epochs": 1 }, vary: { SR: [0.3] } } },
};
