import type { Experiment } from "../experiment.js";
import { accuracyInText } from "./paper-numbers.js";
import { authorsAccuracy, paperAccuracy, twoTasks } from "./two-tasks.js";

/** Two tasks, one of which recruits the modules of the other. */
export const fig5f: Experiment = {
  name: "fig-5f",
  title: "Additional recruitment",
  source: "Liu et al. 2026, fig 5c and f; Algorithms 2 and 3",
  about:
    "As in fig 5e, and besides the modules of MNIST are recruited for Fashion-MNIST: its first module drives them, and its readout reads the second of them. The pathway between them is open to Fashion-MNIST, yet learns for MNIST only.",
  ...twoTasks("recruitment", ["alternating", "simultaneous"], 384, [
    paperAccuracy("alternating", "fashion-mnist", accuracyInText.fig5c["fashion-mnist"]),
    ...authorsAccuracy("fig5c"),
  ]),
};
