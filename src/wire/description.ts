import { z } from "zod";

/** Names of topics, modules, pathways and tasks. */
export const nameSchema = z.string().min(1).max(200);
/** Whole numbers that count ticks, frames and units. */
export const countSchema = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A topic that can be subscribed to; `units` is the size of the whole tensor. */
export const topicSchema = z.strictObject({
  topic: nameSchema,
  payload: z.enum(["tensor", "record"]),
  units: countSchema.optional(),
});
/** A topic as the wire tells it. */
export type WireTopic = z.infer<typeof topicSchema>;

const moduleSchema = z.strictObject({
  neurons: countSchema,
  blocks: z.record(nameSchema, z.tuple([countSchema, countSchema]).readonly()),
  spectralRadius: z.number(),
});

const pathwaySchema = z.strictObject({
  id: nameSchema,
  kind: z.enum(["forward", "error", "readout"]),
  source: nameSchema,
  target: nameSchema,
  gate: z.number(),
});

/** What a client has to know to draw the network and its controls. */
export const infoSchema = z.strictObject({
  name: z.string(),
  /** milliseconds that a tick stands for */
  tickMs: z.number(),
  backend: z.string(),
  modules: z.record(nameSchema, moduleSchema),
  pathways: z.array(pathwaySchema).readonly(),
  tasks: z.array(nameSchema).readonly(),
});
/** A description of the network as the wire tells it. */
export type WireInfo = z.infer<typeof infoSchema>;

/** How the simulation stands. */
export const statusSchema = z.strictObject({
  tick: countSchema,
  paused: z.boolean(),
  /** null is as fast as possible */
  ticksPerSecond: z.number().nullable(),
  learningRate: z.number(),
  beta: z.number(),
  gates: z.record(nameSchema, z.number()),
  spectralRadii: z.record(nameSchema, z.number()),
});
/** The status of the simulation as the wire tells it. */
export type WireStatus = z.infer<typeof statusSchema>;
