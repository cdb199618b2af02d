import type { Experiment } from "../experiment.js";
import { accuracyInText } from "./paper-numbers.js";
import {
  asStream,
  authorsAccuracy,
  inTrials,
  paperAccuracy,
  twoTaskForms,
  twoTaskPanels,
  twoTaskRemarks,
} from "./two-tasks.js";

/** Two tasks, one of which recruits the modules of the other. */
export const fig5f: Experiment = {
  name: "fig-5f",
  title: "Additional recruitment",
  source: "Liu et al. 2026, fig 5c and f; Algorithms 2 and 3",
  about:
    "As in fig 5e, and besides the modules of MNIST are recruited for Fashion-MNIST: its first module drives them, and its readout reads the second of them. The pathway between them is open to Fashion-MNIST, yet learns for MNIST only.",
  studies: {
    phased: inTrials("recruitment", ["alternating", "simultaneous"]),
    stream: asStream("recruitment"),
  },
  panels: twoTaskPanels,
  references: [
    paperAccuracy("alternating", "fashion-mnist", accuracyInText.fig5c["fashion-mnist"]),
    authorsAccuracy("fig5c", "mnist"),
    authorsAccuracy("fig5c", "fashion-mnist"),
  ],
  remarks: twoTaskRemarks,
  ...twoTaskForms(384),
};
