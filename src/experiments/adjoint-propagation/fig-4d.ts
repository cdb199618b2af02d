import type { Experiment } from "../experiment.js";
import { fashionChain, modules, rules } from "./runs.js";

/** Accuracy against depth. */
export const fig4d: Experiment = {
  name: "fig-4d",
  title: "AP, FA and BP against depth",
  source: "Liu et al. 2026, fig 4d",
  about:
    "Test accuracy on Fashion-MNIST with one to ten hidden layers, at the learning rates 1e-3 and 2e-4. The paper finds: every rule loses with depth, FA most.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: {
        rule: rules,
        learningRate: { path: "optimiser.learningRate", values: [1e-3, 2e-4] },
        layers: modules(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
      },
      seeds: 3,
    },
  },
  panels: [
    {
      kind: "lines",
      x: "layers",
      y: "testAccuracy",
      take: "best",
      colour: "rule",
      dash: "learningRate",
      xTitle: "hidden layers",
    },
  ],
  references: [],
  remarks: [
    "The paper does not say how many epochs fig 4d takes; 100 are those of its supplement.",
    "In the quick form, of 800 updates at the learning rate 1e-3, all rules lose alike from one layer to ten, 26 to 27 points.",
  ],
  quick: {
    seeds: 1,
    set: { "schedule.epochs": 8, "stimuli.task.limit": 2000, batch: 20, "network.neurons": 256 },
    vary: { layers: [1, 3, 6, 10], learningRate: [1e-3] },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
    vary: { layers: [1, 4], learningRate: [1e-3] },
  },
};
