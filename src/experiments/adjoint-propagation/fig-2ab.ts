import type { Experiment } from "../experiment.js";
import { authorsCurves } from "./authors-curves.js";
import { accuracyInText } from "./paper-numbers.js";
import { bestAccuracy, dataSets, fashionChain } from "./runs.js";

/** Accuracy by epoch on MNIST and Fashion-MNIST. */
export const fig2ab: Experiment = {
  name: "fig-2ab",
  title: "Learning performance",
  source: "Liu et al. 2026, fig 2a and b",
  about: "Training and test accuracy by epoch of two modules of 1024 neurons on MNIST and Fashion-MNIST.",
  studies: {
    accuracy: {
      run: fashionChain(300),
      vary: {
        data: {
          choices: { mnist: dataSets.choices.mnist, "fashion-mnist": dataSets.choices["fashion-mnist"] },
        },
      },
      seeds: 5,
    },
  },
  panels: [
    { kind: "lines", x: "epoch", y: ["trainAccuracy", "testAccuracy"], column: "data", points: false },
    { kind: "lines", x: "epoch", y: "trainLoss", colour: "data", yScale: "log", points: false },
  ],
  references: [
    bestAccuracy({ data: "mnist" }, { mean: accuracyInText.fig2a }),
    bestAccuracy({ data: "fashion-mnist" }, { mean: accuracyInText.fig2b }),
    {
      where: { data: "fashion-mnist" },
      of: "testAccuracy",
      take: "epochs",
      authors: authorsCurves({ data: "fashion-mnist", modules: 2, algorithm: "STE" }),
    },
  ],
  remarks: ["The paper does not say how many epochs fig 2a and b take; 300 is the most that Table 1 allows."],
  quick: {
    seeds: 1,
    set: { "schedule.epochs": 6, "stimuli.task.limit": 10_000, batch: 100, "network.neurons": 512 },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 2, "stimuli.task.limit": 500, batch: 50, "network.neurons": 64 },
  },
};
