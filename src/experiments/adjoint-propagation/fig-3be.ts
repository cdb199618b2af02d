import type { Experiment } from "../experiment.js";
import { fashionChain } from "./runs.js";

/** Trajectories of a module in both phases, STE and EPE. */
export const fig3be: Experiment = {
  name: "fig-3be",
  title: "Short trajectories and perturbed ones",
  source: "Liu et al. 2026, fig 3b and e",
  about:
    "The states that the first module of two passes through, while an image of Fashion-MNIST is shown and then its output error comes back, in principal components of all of them. With the short-trajectory error (STE) both phases start from rest; with the error-perturbed error (EPE) the learning phase goes on from where inference ended. The paper finds: with STE the states of both phases move side by side, the error between them nearly parallel to the end-point error at each step; with EPE the state is steered to where the other ends.",
  studies: {
    trajectories: {
      run: fashionChain(1),
      vary: { error: { path: "rule", values: ["STE", "EPE"] } },
      seeds: [1],
      measure: "trajectories",
      options: { inference: [2, 3, 4, 8] },
    },
  },
  panels: [
    {
      kind: "path",
      x: "pc1",
      y: "pc2",
      order: "step",
      colour: "phase",
      column: "iterations",
      row: "error",
      xTitle: "principal component 1",
      yTitle: "principal component 2",
    },
    {
      kind: "path",
      x: "pc2",
      y: "pc3",
      order: "step",
      colour: "phase",
      column: "iterations",
      row: "error",
      xTitle: "principal component 2",
      yTitle: "principal component 3",
    },
    {
      kind: "lines",
      where: { phase: "learning" },
      x: "step",
      y: "cosine",
      colour: "iterations",
      column: "error",
      xTitle: "iteration of the learning phase",
      yTitle: "cosine to the end-point error",
    },
  ],
  references: [],
  remarks: [
    "The three components are drawn as two planes. Iterations are those of inference and learning phase.",
    "The paper does not say how far the network was trained; here it is one epoch, after which its output error is neither random nor gone.",
    "With fewer than two iterations nothing has crossed a module yet, so there is no error.",
    "The end-point error is that after 64 + 64 iterations, which is the same for STE and EPE.",
  ],
  quick: { set: { "schedule.epochs": 1, "stimuli.task.limit": 3000, batch: 100 } },
  smoke: {
    set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
  },
};
