import { z } from "zod";
import type { OptimiserStep } from "../kernels/kernels.js";
import { strictObject } from "./validate.js";

const learningRate = z.number().min(0).max(1000);
const decay = z.number().min(0).lt(1);

/** How gradients change weights. */
export const optimiserSchema = z.discriminatedUnion("kind", [
  strictObject({
    kind: z.literal("adam"),
    learningRate: learningRate.default(1e-3),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: z.number().positive().default(1e-8),
  }),
  strictObject({ kind: z.literal("sgd"), learningRate: learningRate.default(1e-3) }),
]);

/** An optimiser and its rates. @see Liu et al. 2026, table 2; Kingma and Ba 2015 */
export type Optimiser = z.output<typeof optimiserSchema>;

/**
 * The optimiser's step number `step` (from 1), as the kernels take it.
 * @param factor of the learning rate: Adam divides by the gradient's own size, so a factor of the gradient would not show
 */
export const optimiserStep = (optimiser: Optimiser, step: number, factor = 1): OptimiserStep => {
  const scaled = { ...optimiser, learningRate: optimiser.learningRate * factor };
  return scaled.kind === "adam" ? { ...scaled, step } : scaled;
};
