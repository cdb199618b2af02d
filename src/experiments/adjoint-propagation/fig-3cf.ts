import type { Experiment } from "../experiment.js";
import { fashionChain, spectralRadius } from "./runs.js";

const iterations = (each: number) => ({ "iterations.inference": each, "iterations.learning": each });

/** Accuracy against the spectral radius for several numbers of iterations, STE and EPE. */
export const fig3cf: Experiment = {
  name: "fig-3cf",
  title: "Short trajectories suffice",
  source: "Liu et al. 2026, fig 3c and f",
  about:
    "Test accuracy on Fashion-MNIST against the spectral radius, with 2-2 to 16-16 iterations in the inference and the learning phase. The paper finds: at small spectral radii the number of iterations hardly matters with STE, while EPE is the better the further inference has settled; above 1 more iterations do worse, as states saturate.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: {
        error: { path: "rule", values: ["STE", "EPE"] },
        iterations: {
          choices: {
            "2-2": iterations(2),
            "4-4": iterations(4),
            "8-8": iterations(8),
            "16-16": iterations(16),
          },
        },
        SR: spectralRadius(0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2),
      },
      seeds: 1,
    },
  },
  panels: [
    {
      kind: "lines",
      x: "SR",
      y: "testAccuracy",
      take: "last",
      colour: "iterations",
      column: "error",
      xScale: "log",
      xTitle: "spectral radius",
    },
  ],
  references: [],
  remarks: [
    "The paper's first step feeds the signal to the module, so its t = 2 is the second iteration here too.",
    "The paper does not say how many epochs fig 3 takes; 100 are those of its supplement.",
  ],
  quick: {
    set: { "schedule.epochs": 3, "stimuli.task.limit": 3000, batch: 50, "network.neurons": 256 },
    vary: { SR: [0.05, 0.25, 0.5, 1, 2] },
  },
  smoke: {
    set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
    vary: { SR: [0.25, 2], iterations: ["2-2", "8-8"] },
  },
};
