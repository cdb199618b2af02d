import type { Experiment } from "../experiment.js";
import { accuracyInText } from "./paper-numbers.js";
import { paperAccuracy, twoTasks } from "./two-tasks.js";

/** Two tasks through the same two modules. */
export const fig5d: Experiment = {
  name: "fig-5d",
  title: "Two tasks through the same modules",
  source: "Liu et al. 2026, fig 5a and d",
  about:
    "Fashion-MNIST and MNIST share two modules, with receivers and senders of their own. One task is learned after the other, as in the paper, then an epoch of each in turn, and both at once as a continuous stream. What the first task learned can stay when the second is learned, since each has its own weights; the paper finds accuracies like those of separate networks.",
  ...twoTasks(
    "shared-modules",
    ["sequential", "alternating"],
    512,
    [
      paperAccuracy("sequential", "mnist", accuracyInText.fig5a.mnist),
      paperAccuracy("sequential", "fashion-mnist", accuracyInText.fig5a["fashion-mnist"]),
    ],
    [
      "At once, as in the stream, is not in the paper for this network: the errors of the two tasks then meet in both modules.",
    ],
  ),
};
