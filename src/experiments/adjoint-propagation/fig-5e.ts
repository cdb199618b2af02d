import type { Experiment } from "../experiment.js";
import { accuracyInText } from "./paper-numbers.js";
import { authorsAccuracy, paperAccuracy, twoTasks } from "./two-tasks.js";

/** Two tasks that share an error pathway. */
export const fig5e: Experiment = {
  name: "fig-5e",
  title: "Two tasks that share an error pathway",
  source: "Liu et al. 2026, fig 5b and e; Algorithms 2 and 3",
  about:
    "Each task has two modules of its own; the error of Fashion-MNIST reaches its first module through both modules of MNIST. An epoch of each in turn, both at once in every trial, and both at once as a continuous stream in which each task has its own clock: the question is whether the errors that meet keep either from learning; the paper finds that they do not.",
  ...twoTasks("shared-feedback", ["alternating", "simultaneous"], 384, [
    paperAccuracy("alternating", "mnist", accuracyInText.fig5b.mnist),
    paperAccuracy("alternating", "fashion-mnist", accuracyInText.fig5b["fashion-mnist"]),
    ...authorsAccuracy("fig5b"),
  ]),
};
