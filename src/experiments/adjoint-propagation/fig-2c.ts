import type { Experiment } from "../experiment.js";
import { fashionChain, spectralRadius } from "./runs.js";

const radii = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1, 1.1, 1.2, 1.5, 2];
const quickRadii = [0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 1, 1.2, 1.5, 2];

/** Lyapunov exponents and accuracy against the spectral radius. */
export const fig2c: Experiment = {
  name: "fig-2c",
  title: "Stable, periodic and chaotic modules",
  source: "Liu et al. 2026, fig 2c",
  about:
    "Maximum Lyapunov exponent (mle) of a module and its finite-time form over 8 iterations (ftmle), and test accuracy on Fashion-MNIST, against the spectral radius. A module that settles has a negative exponent, which is the logarithm of its spectral radius; around 1 it neither settles nor is chaotic, and above it is chaotic. The paper finds accuracy best from 0.1 to 0.5, where a module settles within its iterations and still passes signals on; it falls at either end.",
  studies: {
    exponents: {
      run: fashionChain(0, { modules: 1 }),
      vary: { SR: spectralRadius(...radii) },
      seeds: 3,
      measure: "lyapunov",
    },
    accuracy: { run: fashionChain(100), vary: { SR: spectralRadius(...radii) }, seeds: 1 },
  },
  panels: [
    {
      kind: "lines",
      study: "exponents",
      x: "SR",
      y: ["mle", "ftmle"],
      regions: "region",
      xScale: "log",
      xTitle: "spectral radius",
      yTitle: "Lyapunov exponent per iteration",
    },
    {
      kind: "lines",
      study: "accuracy",
      x: "SR",
      y: "testAccuracy",
      take: "last",
      xScale: "log",
      xTitle: "spectral radius",
    },
  ],
  references: [],
  remarks: [
    "Exponents are those of a module without input, as the paper's steps update the state by W f(u) alone. With a stimulus (measure.drive=stimulus) saturation makes them a little smaller.",
    "Periodic is |mle| up to 0.02: just above 1 a module of finite size is on a cycle or a torus, whose exponent is zero.",
    "The paper does not say how many epochs fig 2c takes; 100 are those of its supplement.",
    "The smaller the spectral radius, the slower a network learns: in the quick form 0.9 is best after 4 epochs, 0.3 after 16.",
    "The finite-time exponent lies a little below the other near 1, as 8 iterations do not yet turn a random direction into the one that grows most.",
  ],
  quick: {
    exponents: {
      seeds: 1,
      set: { "network.neurons": 512, "measure.steps": 500 },
      vary: { SR: quickRadii },
    },
    accuracy: {
      set: { "schedule.epochs": 16, "stimuli.task.limit": 3000, batch: 20, "network.neurons": 256 },
      vary: { SR: [0.02, 0.1, 0.3, 0.9, 1.2, 2] },
    },
  },
  smoke: {
    exponents: { seeds: 1, set: { "network.neurons": 64, "measure.steps": 200 }, vary: { SR: [0.1, 1, 2] } },
    accuracy: {
      set: { "schedule.epochs": 1, "stimuli.task.limit": 300, batch: 50, "network.neurons": 64 },
      vary: { SR: [0.1, 2] },
    },
  },
};
