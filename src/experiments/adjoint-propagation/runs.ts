import type { Reference } from "../experiment.js";

/** What the paper's studies have in common: trials of 500 stimuli, 8 + 8 iterations, STE, and Adam as in Table 2, which is the default. */
export const trials = (epochs: number) => ({
  rule: "STE",
  batch: 500,
  iterations: { inference: 8, learning: 8 },
  schedule: { kind: "phased", epochs },
});

/** A chain of modules over Fashion-MNIST, by default as in fig 2: two modules of 1024 neurons. */
export const fashionChain = (epochs: number, network: Readonly<Record<string, unknown>> = {}) => ({
  ...trials(epochs),
  network: { preset: "chain", modules: 2, ...network },
  stimuli: { task: { source: "fashion-mnist" } },
});

/** Depths as an axis. */
export const modules = (...depths: readonly number[]) => ({ path: "network.modules", values: [...depths] });

/** Spectral radii as an axis. */
export const spectralRadius = (...radii: readonly number[]) => ({
  path: "network.spectralRadius",
  values: [...radii],
});

/** Data sets as an axis; it comes after the one that chooses the network. */
export const dataSets = {
  choices: {
    mnist: { "stimuli.task": { source: "mnist" } },
    "fashion-mnist": { "stimuli.task": { source: "fashion-mnist" } },
    "cifar-10": {
      "stimuli.task": { source: "cifar-10" },
      "network.inputs": 3072,
      "optimiser.learningRate": 2e-4,
    },
  },
};

/** Learning rules as an axis: AP over a chain of modules, the others over layers of 256 neurons (Table 1). */
export const rules = {
  choices: {
    AP: { rule: "STE", network: { preset: "chain" } },
    BP: { rule: "BP", network: { preset: "feedforward", neurons: 256, feedback: "transposed" } },
    FA: { rule: "FA", network: { preset: "feedforward", neurons: 256, feedback: "random" } },
  },
};

/** A reference to the best test accuracy of the lines of some conditions. */
export const bestAccuracy = (where: Reference["where"], paper: Reference["paper"]): Reference => ({
  where,
  of: "testAccuracy",
  take: "best",
  paper,
});
