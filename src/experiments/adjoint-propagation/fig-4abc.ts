import type { Experiment } from "../experiment.js";
import { trials } from "./runs.js";

/** Iterations of the two phases. */
const iterations = (inference: number, learning: number) => ({ inference, learning });

/**
 * Equilibrium propagation as in its authors' code, but for the size of its layers and half the learning rate: their
 * cost is |d - s|^2, here it is half of that, so beta is twice theirs, and the same rate half of what it is there.
 */
const equilibrium = (learningRate: number, inference: number, learning: number) => ({
  rule: "EP",
  beta: 2,
  network: { preset: "equilibrium", neurons: 256 },
  optimiser: { kind: "sgd", learningRate },
  iterations: iterations(inference, learning),
});

const adjoint = { rule: "STE", network: { preset: "chain", neurons: 1024 }, iterations: iterations(8, 8) };

const run = { ...trials(100), stimuli: { task: { source: "fashion-mnist" } } };

const byEpoch = { kind: "lines", x: "epoch", y: "testAccuracy", colour: "method", points: false } as const;
const byTime = { ...byEpoch, x: "seconds", xTitle: "seconds of training" } as const;

/** Equilibrium propagation against adjoint propagation. */
export const fig4abc: Experiment = {
  name: "fig-4abc",
  title: "Equilibrium propagation against AP, by epoch and by time",
  source: "Liu et al. 2026, fig 4a, b and c; Scellier and Bengio 2017",
  about:
    "Test accuracy on Fashion-MNIST of equilibrium propagation (EP) and AP with two and three hidden layers, by epoch and by seconds of training. EP's layers have a quarter of the neurons of AP's modules, so that as many connections lead from layer to layer. EP makes the published number of iterations, or 32 and 10. The paper finds that EP learns faster in the first epochs, yet takes longer to the same accuracy, and that it is unstable with 32 and 10 iterations.",
  studies: {
    "2 hidden layers": {
      run,
      vary: {
        method: {
          choices: {
            "AP 8-8": { ...adjoint, "network.modules": 2 },
            "EP 150-6": { ...equilibrium(0.4, 150, 6), "network.modules": 2 },
            "EP 32-10": { ...equilibrium(0.4, 32, 10), "network.modules": 2 },
          },
        },
      },
    },
    "3 hidden layers": {
      run,
      vary: {
        method: {
          choices: {
            "AP 8-8": { ...adjoint, "network.modules": 3 },
            "EP 500-8": { ...equilibrium(0.128, 500, 8), "network.modules": 3 },
            "EP 32-10": { ...equilibrium(0.128, 32, 10), "network.modules": 3 },
          },
        },
      },
    },
  },
  panels: [
    { ...byEpoch, study: "2 hidden layers", title: "2 hidden layers, by epoch" },
    { ...byEpoch, study: "3 hidden layers", title: "3 hidden layers, by epoch" },
    { ...byTime, study: "2 hidden layers", title: "2 hidden layers, by time" },
    { ...byTime, study: "3 hidden layers", title: "3 hidden layers, by time" },
  ],
  references: [],
  remarks: [
    "EP's iterations, its time step of 0.5, beta of 1 and learning rates by layer (0.4, 0.1, 0.01 | 0.128, 0.032, 0.008, 0.002), its initial weights and the random sign of beta are those of its authors' code for MNIST with 500 neurons a layer; as that code's cost is |d - s|^2 and ours, like their paper's, half of it, the run has twice this beta, and the same rates are half of what they are there. With twice the rates 150 + 6 iterations learn as well, but 32 + 10 hardly do: outputs fall to zero and stay there. With beta 1 they do so even at these rates. Not published: 256 neurons, 32 + 10 iterations, and trials of 500 stimuli instead of 20, which AP has and which make both take as many updates.",
    "The paper does not tell EP's learning rates, its batch, nor the number of epochs; 100 are those of its supplement.",
    "A trial of EP begins at zero. In its authors' code it goes on from where the same image's last one ended (persistent particles), which lets fewer iterations do; whether the paper does so it does not tell.",
    "Seconds are those of this machine and backend, tests left out. The paper's are of an RTX 4070.",
  ],
  quick: {
    "2 hidden layers": { set: { "schedule.epochs": 7, "stimuli.task.limit": 1500, batch: 100 } },
    "3 hidden layers": {
      set: { "schedule.epochs": 7, "stimuli.task.limit": 1500, batch: 100 },
      vary: { method: ["AP 8-8", "EP 32-10"] },
    },
  },
  smoke: {
    set: { "schedule.epochs": 2, "stimuli.task.limit": 100, batch: 50, "network.neurons": 64 },
  },
};
