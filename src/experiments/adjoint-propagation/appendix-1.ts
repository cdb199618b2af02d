import type { Experiment } from "../experiment.js";
import { fashionChain } from "./runs.js";

/** Accuracy with and without f' in the update. */
export const appendix1: Experiment = {
  name: "appendix-1",
  title: "With and without f' in the update",
  source: "Liu et al. 2026, Appendix 1, fig 1",
  about:
    "Test accuracy by epoch on Fashion-MNIST of two modules, when the update of forward pathways has the derivative of the activation (eq. S8) and when it leaves it out (eq. S9, the default). The paper finds: the difference is negligible.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: { update: { choices: { "without f'": { derivative: false }, "with f'": { derivative: true } } } },
      seeds: 3,
    },
  },
  panels: [{ kind: "lines", x: "epoch", y: "testAccuracy", colour: "update", points: false }],
  references: [],
  remarks: ["The paper does not say how many epochs the figure takes; 100 are those of its supplement."],
  quick: {
    seeds: 2,
    set: { "schedule.epochs": 6, "stimuli.task.limit": 5000, batch: 100, "network.neurons": 512 },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 2, "stimuli.task.limit": 500, batch: 50, "network.neurons": 64 },
  },
};
