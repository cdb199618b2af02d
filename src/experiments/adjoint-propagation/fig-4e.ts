import type { Experiment } from "../experiment.js";
import { fashionChain, modules } from "./runs.js";

/** Accuracy against depth, with and without roles of neurons. */
export const fig4e: Experiment = {
  name: "fig-4e",
  title: "The roles of neurons against depth",
  source: "Liu et al. 2026, fig 4e",
  about:
    "Test accuracy on Fashion-MNIST against the number of modules: with the role constraint (RI, SI, RE and SE are blocks of 256 neurons of their own) and without it (every neuron receives and sends inference signals and errors), there with the size of the block kept (256 neurons a module) or that of the module (1024); with 8-8 iterations, and without the constraint with 16-8 too.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: {
        network: {
          choices: {
            "roles, 1024": {},
            "roles, 1024, 16-8": { "iterations.inference": 16 },
            "no roles, 256": { "network.roleConstraint": false, "network.neurons": 256 },
            "no roles, 256, 16-8": {
              "network.roleConstraint": false,
              "network.neurons": 256,
              "iterations.inference": 16,
            },
            "no roles, 1024, 16-8": { "network.roleConstraint": false, "iterations.inference": 16 },
          },
        },
        layers: modules(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
      },
      seeds: 3,
    },
  },
  panels: [
    { kind: "lines", x: "layers", y: "testAccuracy", take: "best", colour: "network", xTitle: "modules" },
  ],
  references: [],
  remarks: [
    "The paper does not say how many epochs fig 4e takes; 100 are those of its supplement.",
    "In the quick form networks without roles are ahead at every depth, as they learn faster; that their accuracy falls faster with depth is the paper's finding on networks trained for longer.",
  ],
  quick: {
    seeds: 1,
    set: { "schedule.epochs": 2, "stimuli.task.limit": 2000, batch: 25 },
    vary: { layers: [1, 3, 5], network: ["roles, 1024", "no roles, 256, 16-8", "no roles, 1024, 16-8"] },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
    vary: { layers: [1, 3], network: ["roles, 1024", "no roles, 256, 16-8"] },
  },
};
