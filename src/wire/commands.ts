import { z } from "zod";
import { nameSchema } from "./description.js";

/**
 * What may be changed in a running simulation. Every number is finite (zod refuses NaN and infinities); the simulation
 * alone knows the ranges, and refuses what its network does not have.
 */
export const commandSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pause") }),
  z.strictObject({ kind: z.literal("resume") }),
  z.strictObject({ kind: z.literal("step"), ticks: z.number().int() }),
  z.strictObject({ kind: z.literal("speed"), ticksPerSecond: z.number().nullable() }),
  z.strictObject({ kind: z.literal("gate"), pathway: nameSchema, gate: z.number() }),
  z.strictObject({ kind: z.literal("learningRate"), value: z.number() }),
  z.strictObject({ kind: z.literal("spectralRadius"), module: nameSchema, value: z.number() }),
  z.strictObject({ kind: z.literal("beta"), value: z.number() }),
]);
/** A command as it goes over the wire. */
export type WireCommand = z.infer<typeof commandSchema>;
