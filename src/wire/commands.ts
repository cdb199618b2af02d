import { z } from "zod";
import { nameSchema } from "./description.js";

const TICKS_PER_STEP_MAX = 1_000_000;
const TICKS_PER_SECOND_MAX = 1_000_000;
const LEARNING_RATE_MAX = 10;
const SPECTRAL_RADIUS_MAX = 100;
const BETA_MAX = 1000;

/**
 * What may be changed in a running simulation. Every number is finite and within a range that no sensible run leaves;
 * the simulation itself refuses what its network does not have.
 */
export const commandSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pause") }),
  z.strictObject({ kind: z.literal("resume") }),
  z.strictObject({ kind: z.literal("step"), ticks: z.number().int().min(1).max(TICKS_PER_STEP_MAX) }),
  z.strictObject({
    kind: z.literal("speed"),
    ticksPerSecond: z.number().positive().max(TICKS_PER_SECOND_MAX).nullable(),
  }),
  z.strictObject({ kind: z.literal("gate"), pathway: nameSchema, gate: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal("learningRate"), value: z.number().min(0).max(LEARNING_RATE_MAX) }),
  z.strictObject({
    kind: z.literal("spectralRadius"),
    module: nameSchema,
    value: z.number().positive().max(SPECTRAL_RADIUS_MAX),
  }),
  z.strictObject({ kind: z.literal("beta"), value: z.number().min(-BETA_MAX).max(BETA_MAX) }),
]);
export type WireCommand = z.infer<typeof commandSchema>;
