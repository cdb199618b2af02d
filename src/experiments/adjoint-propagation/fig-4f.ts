import type { Experiment } from "../experiment.js";
import { fashionChain } from "./runs.js";

const blocks = [4, 8, 16, 32, 64, 128, 256];

/** Accuracy against the size of the blocks, with and without roles of neurons. */
export const fig4f: Experiment = {
  name: "fig-4f",
  title: "The roles of neurons against size",
  source: "Liu et al. 2026, fig 4f",
  about:
    "Test accuracy on Fashion-MNIST of two modules against the number of neurons in a block: with the role constraint a module has four such blocks, without it one that all signals share (16-8 iterations). The paper finds: small modules lose more with the constraint.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: {
        size: {
          cases: blocks.flatMap((block) => [
            { labels: { roles: "apart", block }, set: { "network.neurons": 4 * block } },
            {
              labels: { roles: "shared", block },
              set: { "network.neurons": block, "network.roleConstraint": false, "iterations.inference": 16 },
            },
          ]),
        },
      },
      seeds: 3,
    },
  },
  panels: [
    {
      kind: "lines",
      x: "block",
      y: "testAccuracy",
      take: "best",
      colour: "roles",
      xScale: "log",
      xTitle: "neurons in a block",
    },
  ],
  references: [],
  remarks: ["The paper does not say how many epochs fig 4f takes; 100 are those of its supplement."],
  quick: { seeds: 1, set: { "schedule.epochs": 4, "stimuli.task.limit": 5000, batch: 100 } },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50 },
    vary: { block: [4, 16] },
  },
};
