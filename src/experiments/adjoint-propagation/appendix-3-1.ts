import type { Experiment } from "../experiment.js";
import { fashionChain, modules, spectralRadius } from "./runs.js";

/** Accuracy over beta and the spectral radius. */
export const appendix31: Experiment = {
  name: "appendix-3-1",
  title: "Error feedback scaling against spectral radius",
  source: "Liu et al. 2026, Appendix 3, fig 1",
  about:
    "Test accuracy on Fashion-MNIST of three, five and ten modules over beta, the scale of the errors that pathways carry, and the spectral radius. The paper finds: each makes up for the other, errors vanish where both are small and explode where both are large; the deeper the network, the narrower the ridge.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: {
        layers: modules(3, 5, 10),
        beta: [0.01, 0.1, 0.5, 1, 2, 5, 10],
        SR: spectralRadius(0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1),
      },
      seeds: 2,
    },
  },
  panels: [
    {
      kind: "heatmap",
      x: "beta",
      y: "SR",
      colour: "testAccuracy",
      take: "best",
      column: "layers",
      yTitle: "spectral radius",
    },
  ],
  references: [],
  remarks: [
    "The text of the paper does not give the values of beta and the spectral radius of the figure; these span it.",
  ],
  quick: {
    seeds: 1,
    set: { "schedule.epochs": 6, "stimuli.task.limit": 1500, batch: 20, "network.neurons": 256 },
    vary: { layers: [3, 5], beta: [0.1, 1, 10], SR: [0.05, 0.25, 0.75] },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 1, "stimuli.task.limit": 200, batch: 50, "network.neurons": 64 },
    vary: { layers: [3], beta: [0.1, 1], SR: [0.1, 0.5] },
  },
};
