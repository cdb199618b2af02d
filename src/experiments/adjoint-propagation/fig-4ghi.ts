import type { Experiment } from "../experiment.js";
import { fashionChain, modules } from "./runs.js";

const roles = {
  RE: ["RE"],
  SE: ["SE"],
  RI: ["RI"],
  SI: ["SI"],
  "SI/RI": ["SI", "RI"],
} as const;

const cases = Object.entries(roles).flatMap(([role, blocks]) =>
  [0, 2, 5, 10, 20, 50, 100, 150, 200, 256]
    .filter((neurons) => neurons > 0 || role === "RE" || role === "SE")
    .map((neurons) => ({
      labels: { role, neurons },
      set: Object.fromEntries(blocks.map((block) => [`network.blocks.${block}`, neurons])),
    })),
);

/** Accuracy against the number of neurons of each role. */
export const fig4ghi: Experiment = {
  name: "fig-4ghi",
  title: "How many neurons each role needs",
  source: "Liu et al. 2026, fig 4g to i",
  about:
    "Test accuracy on Fashion-MNIST of one to three modules of 1024 neurons, when one block has fewer than 256 neurons. Without RE neurons nothing but the readout learns: reservoir computing. The paper finds: ten RE or SE neurons do, as many as classes, while fewer RI and SI neurons, which carry features, cost more.",
  studies: {
    accuracy: {
      run: fashionChain(100),
      vary: { size: { cases }, layers: modules(1, 2, 3) },
      seeds: 1,
    },
  },
  panels: [
    {
      kind: "lines",
      x: "neurons",
      y: "testAccuracy",
      take: "best",
      colour: "role",
      column: "layers",
      xScale: "symlog",
      xTitle: "neurons of the role",
    },
  ],
  references: [],
  remarks: [
    "The paper does not say how many epochs fig 4g to i take; 100 are those of its supplement.",
    "Blocks without neurons exist for errors only: without RI or SI nothing would get through.",
    "With one module SE feeds nothing, so its number shows the scatter of the result.",
  ],
  quick: {
    set: { "schedule.epochs": 3, "stimuli.task.limit": 2000, batch: 20 },
    vary: { neurons: [0, 10, 50, 256], layers: [2] },
  },
  smoke: {
    set: { "schedule.epochs": 1, "stimuli.task.limit": 200, batch: 50 },
    vary: { neurons: [0, 10], role: ["RE", "SI/RI"], layers: [1] },
  },
};
