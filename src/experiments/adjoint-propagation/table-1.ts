import type { Experiment, Reference } from "../experiment.js";
import { authorsCurves } from "./authors-curves.js";
import { table1Accuracy } from "./paper-numbers.js";
import { bestAccuracy, dataSets, modules, rules, trials } from "./runs.js";

const curves = (["mnist", "fashion-mnist", "cifar-10"] as const).flatMap((data) =>
  [1, 3].flatMap((layers): Reference[] => {
    const authors = authorsCurves({ data, modules: layers, algorithm: "STE" });
    return authors.length === 0
      ? []
      : [{ where: { rule: "AP", layers, data }, of: "testAccuracy", take: "epochs", authors }];
  }),
);

/** Backpropagation, feedback alignment and adjoint propagation on three data sets. */
export const table1: Experiment = {
  name: "table-1",
  title: "Test accuracy of AP, BP and FA",
  source: "Liu et al. 2026, Table 1",
  about:
    "Networks of one and of three hidden layers learn MNIST, Fashion-MNIST and CIFAR-10 by adjoint propagation (AP, modules of 4 x 256 neurons), backpropagation (BP) and feedback alignment (FA, layers of 256). The paper finds: AP is slightly below both in shallow networks.",
  studies: {
    accuracy: {
      run: { ...trials(300), stimuli: {} },
      vary: { rule: rules, layers: modules(1, 3), data: dataSets },
      seeds: 5,
      options: { until: 99.99 },
    },
  },
  panels: [
    {
      kind: "bars",
      x: "rule",
      y: "testAccuracy",
      take: "best",
      colour: "layers",
      column: "data",
      title: "best",
      yDomain: [40, 100],
    },
    {
      kind: "bars",
      x: "rule",
      y: "testAccuracy",
      take: "last",
      colour: "layers",
      column: "data",
      title: "last",
      yDomain: [40, 100],
    },
    {
      kind: "lines",
      x: "epoch",
      y: "testAccuracy",
      colour: "rule",
      dash: "layers",
      column: "data",
      points: false,
    },
  ],
  references: [
    ...table1Accuracy.map(({ rule, layers, data, mean, deviation }) =>
      bestAccuracy({ rule, layers, data }, { mean, deviation }),
    ),
    ...curves,
  ],
  remarks: [
    "The paper does not say whether its BP and FA networks have biases, nor how FA's feedback weights are drawn. Here biases are zero and fixed, as the paper says of all networks; feedback weights are uniform in +-1/sqrt(units of the error's source), as in Noekland 2016, which the paper follows for its forward weights.",
    "With fewer epochs than the paper's, AP is furthest behind on MNIST with one layer, where it learns slowest: at epoch 30 its accuracy is still rising, here as with the authors' code.",
    "The paper does not say whether its accuracies are those of the best epoch or of the last; they are held against the best here, and both are drawn.",
  ],
  quick: {
    seeds: 1,
    set: { "schedule.epochs": 3, "stimuli.task.limit": 6000, batch: 25 },
    vary: { data: ["mnist", "fashion-mnist"] },
  },
  smoke: {
    seeds: 1,
    set: { "schedule.epochs": 1, "stimuli.task.limit": 500, batch: 50, "network.neurons": 64 },
    vary: { data: ["mnist", "fashion-mnist"] },
  },
};
