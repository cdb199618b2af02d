import type { Experiment } from "../experiment.js";
import { fashionChain, spectralRadius } from "./runs.js";

/** States of a module while it iterates, at several spectral radii. */
export const fig2d: Experiment = {
  name: "fig-2d",
  title: "States at several spectral radii",
  source: "Liu et al. 2026, fig 2d",
  about:
    "States u of five units of a module, before the activation, and what each iteration changes in them (du), from a random state on. Below a spectral radius of 1 they come to rest, the sooner the smaller it is; around 1 they go on moving regularly; above they never repeat.",
  studies: {
    states: {
      run: fashionChain(0, { modules: 1 }),
      vary: { SR: spectralRadius(0.1, 0.5, 1.1, 1.5, 2) },
      seeds: [1],
      measure: "states",
      options: { steps: 50, units: 5 },
    },
  },
  panels: [
    {
      kind: "lines",
      x: "step",
      y: "u",
      colour: "unit",
      column: "SR",
      points: false,
      xTitle: "iteration",
      yTitle: "u",
    },
    {
      kind: "lines",
      x: "step",
      y: "du",
      colour: "unit",
      column: "SR",
      points: false,
      xTitle: "iteration",
      yTitle: "du",
    },
  ],
  references: [],
  remarks: [
    "The table also has the states h = f(u), which lie in [-1, 1], and their differences (state, difference).",
    "The module runs by itself, as for fig 2c. measure.drive=stimulus drives it by an image instead.",
    "The paper does not tell the spectral radii of the columns; at exactly 1 states still die out, slowly, so the one in the middle is 1.1.",
  ],
  quick: { set: { "network.neurons": 512 } },
  smoke: { set: { "network.neurons": 64, "measure.steps": 20 }, vary: { SR: [0.1, 2] } },
};
