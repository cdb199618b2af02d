import type { Experiment } from "../experiment.js";
import { accuracyInText } from "./paper-numbers.js";
import { fashionChain } from "./runs.js";

const batches = [1, 5, 10, 50, 100, 500, 1000];

/** Accuracy against batch size, block size and connection rate. */
export const supplement: Experiment = {
  name: "supplement-s1",
  title: "Batch size, block size, connection rate",
  source: "Liu et al. 2026, supplement, fig S1",
  about:
    "Test accuracy on Fashion-MNIST of two modules: against the batch size (one stimulus at a time without Adam), the number of neurons in a block and the connection rate. The paper finds: accuracy grows by 1 % with the batch, saturates from 64 neurons on, and the connection rate hardly matters.",
  studies: {
    batch: {
      run: fashionChain(100),
      vary: {
        size: {
          cases: batches.map((batch) => ({
            labels: { batch },
            set: { batch, ...(batch === 1 && { optimiser: { kind: "sgd", learningRate: 0.01 } }) },
          })),
        },
      },
    },
    block: {
      run: fashionChain(100),
      vary: {
        size: {
          cases: [4, 8, 16, 32, 64, 128, 256, 512, 1024].map((block) => ({
            labels: { block },
            set: { "network.neurons": 4 * block },
          })),
        },
      },
    },
    connections: {
      run: fashionChain(100),
      vary: {
        connectionRate: {
          path: "network.connectionRate",
          values: [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1],
        },
      },
    },
  },
  panels: [
    {
      kind: "lines",
      study: "batch",
      x: "batch",
      y: "testAccuracy",
      take: "best",
      xScale: "log",
      xTitle: "batch size",
    },
    {
      kind: "lines",
      study: "block",
      x: "block",
      y: "testAccuracy",
      take: "best",
      xScale: "log",
      xTitle: "neurons in a block",
    },
    {
      kind: "lines",
      study: "connections",
      x: "connectionRate",
      y: "testAccuracy",
      take: "best",
      xScale: "log",
      xTitle: "connection rate",
    },
  ],
  references: [
    {
      study: "batch",
      where: { batch: 1 },
      of: "testAccuracy",
      take: "last",
      paper: { mean: accuracyInText.batch1 },
    },
  ],
  remarks: [
    "The paper does not say the learning rate of batch size 1; here it is 0.01, without Adam.",
    "The connection rate is the share of drawn connections, with replacement; at 1 about 63 % of the entries are not zero.",
  ],
  quick: {
    batch: {
      set: { "schedule.epochs": 3, "stimuli.task.limit": 2000, "network.neurons": 256 },
      vary: { batch: [1, 5, 10, 50, 100] },
    },
    block: {
      set: { "schedule.epochs": 6, "stimuli.task.limit": 2000, batch: 20 },
      vary: { block: [4, 16, 64, 256] },
    },
    connections: {
      set: { "schedule.epochs": 6, "stimuli.task.limit": 2000, batch: 20, "network.neurons": 512 },
      vary: { connectionRate: [0.01, 0.05, 0.25, 0.5, 1] },
    },
  },
  smoke: {
    batch: {
      set: { "schedule.epochs": 1, "stimuli.task.limit": 200, "network.neurons": 64 },
      vary: { batch: [1, 10, 100] },
    },
    block: { set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50 }, vary: { block: [4, 16] } },
    connections: {
      set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
      vary: { connectionRate: [0.25, 1] },
    },
  },
};
