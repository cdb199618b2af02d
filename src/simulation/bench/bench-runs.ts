import { type Run, type RunInput, resolveRun } from "../run-description.js";
import type { Approximation } from "./bench-options.js";

const approximated = ({
  tolerance,
  epsilon,
}: Approximation): Pick<RunInput, "iterations" | "propagation"> => ({
  iterations: { inference: 8, learning: 8, ...(tolerance !== null && { tolerance }) },
  ...(epsilon !== null && { propagation: { epsilon } }),
});

/** The baselines' work: a chain of modules from 784 inputs to 10 classes, trial by trial, STE, 8 + 8 iterations, Adam. */
const chain = (modules: number, neurons: number, approximation: Approximation) => ({
  name: "bench",
  network: { preset: "chain", modules, neurons, task: "task" } as const,
  rule: "STE" as const,
  ...approximated(approximation),
});

/** That work on stimuli that the caller makes. */
export const chainRun = (modules: number, neurons: number, approximation: Approximation): Run =>
  resolveRun({ ...chain(modules, neurons, approximation), schedule: { kind: "phased" } }, new Set(["task"]));

/** That work on Fashion-MNIST, in batches of 500. */
export const fashionRun = (
  modules: number,
  neurons: number,
  epochs: number,
  approximation: Approximation,
): Run =>
  resolveRun({
    ...chain(modules, neurons, approximation),
    schedule: { kind: "phased", epochs },
    stimuli: { task: { source: "fashion-mnist" } },
  });

/** How long the phases of a trial are: a tick then is the same work as one of the baselines' 16 iterations. */
export const learningTicks = { inference: 8, learning: 8 };

/** A stimulus that does not change while anything is measured. */
export const restingTicks = { inference: 1_000_000, learning: 1 };

/** As in the papers. */
const usualRadius = 0.25;

/** So large that modules go on moving by themselves, whatever their stimulus does. */
export const restlessRadius = 4;

/** The same chain in continuous operation, whose phases have no tolerance, telling gratings apart one at a time. */
export const gaborRun = (
  modules: number,
  neurons: number,
  ticks: typeof learningTicks,
  { epsilon }: Approximation,
  spectralRadius = usualRadius,
): Run =>
  resolveRun({
    ...approximated({ tolerance: null, epsilon }),
    name: "bench",
    network: { preset: "chain", modules, neurons, spectralRadius, inputs: 1024, outputs: 2, task: "gabor" },
    rule: "EPE",
    batch: 1,
    schedule: { kind: "continuous", ticks },
    stimuli: { gabor: { source: "gabor" } },
  });
