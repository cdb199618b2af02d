import { z } from "zod";
import { readOnly } from "./read-only.js";

/** Names of topics, modules, pathways and tasks. */
export const nameSchema = z.string().min(1).max(200);
/** Names that a client chooses: others' terminals and logs show them, so nothing in them may be unprintable. */
export const chosenNameSchema = nameSchema.regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, "printable characters only");
/** Whole numbers that count ticks, frames and units. */
export const countSchema = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Which units of a tensor: start, start + every, ... below end. */
export const unitsSchema = z.strictObject({
  start: countSchema,
  end: countSchema,
  every: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
/** Which units of a tensor a subscription asks for. */
export type Units = z.infer<typeof unitsSchema>;

/** A topic that can be subscribed to; `units` is the size of the whole tensor. */
export const topicSchema = z.strictObject({
  topic: nameSchema,
  payload: z.enum(["tensor", "record", "lanes"]),
  units: countSchema.optional(),
});
/** A topic as the wire tells it. */
export type WireTopic = z.infer<typeof topicSchema>;

const moduleSchema = z.strictObject({
  neurons: countSchema,
  blocks: z.record(nameSchema, readOnly(z.tuple([countSchema, countSchema]))),
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
  pathways: readOnly(z.array(pathwaySchema)),
  tasks: readOnly(z.array(nameSchema)),
});
/** A description of the network as the wire tells it. */
export type WireInfo = z.infer<typeof infoSchema>;

const loadSchema = z.strictObject({
  ticks: countSchema,
  tickSeconds: z.number(),
  watchingSeconds: z.number(),
  lateTicks: countSchema,
  framesWaiting: countSchema,
});

/** How the simulation stands; see `SimulationStatus` for what its fields mean. */
export const statusSchema = z.strictObject({
  tick: countSchema,
  epoch: z.string(),
  paused: z.boolean(),
  /** null is as fast as possible */
  ticksPerSecond: z.number().nullable(),
  learningRate: z.number(),
  beta: z.number(),
  gates: z.record(nameSchema, z.number()),
  spectralRadii: z.record(nameSchema, z.number()),
  noise: z.record(nameSchema, z.number()),
  parameters: z.record(nameSchema, z.record(nameSchema, z.number())),
  worlds: z.record(nameSchema, z.enum(["answered", "awaited", "late", "gone"])),
  alarms: z.record(nameSchema, z.enum(["armed", "raised"])),
  recording: z.strictObject({ name: z.string(), bytes: countSchema }).nullable(),
  checkpoint: z.strictObject({ name: z.string(), tick: countSchema }).nullable(),
  degraded: z.string().nullable(),
  branches: z.record(nameSchema, z.strictObject({ tick: countSchema, paused: z.boolean() })),
  load: loadSchema,
});
/** The status of the simulation as the wire tells it. */
export type WireStatus = z.infer<typeof statusSchema>;
