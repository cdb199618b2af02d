import { z } from "zod";
import { chosenNameSchema, nameSchema, unitsSchema } from "./description.js";
import { readOnly } from "./read-only.js";

/** Float32 values as raw little-endian bytes, rows of the batch one after the other; NaN and infinities are refused. */
const valuesSchema = z.instanceof(Uint8Array);

const bound = z.number().optional();

/** What an alarm looks at; `over` trials, between `above` and `below`. */
export const alarmConditionSchema = z.discriminatedUnion("measure", [
  z.strictObject({
    measure: z.literal("accuracy"),
    task: nameSchema,
    over: z.number().int().min(1).max(100_000),
    above: bound,
    below: bound,
  }),
  z.strictObject({ measure: z.literal("residual"), module: nameSchema, above: bound, below: bound }),
  z.strictObject({ measure: z.literal("spectralRadius"), module: nameSchema, above: z.number() }),
  z.strictObject({ measure: z.literal("notFinite") }),
]);

/** A topic as a recording keeps it. */
export const recordedTopicSchema = z.strictObject({
  topic: nameSchema,
  every: z.number().int().min(1).max(1_000_000).default(1),
  units: unitsSchema.optional(),
  row: z.union([z.number().int().nonnegative(), z.literal("mean")]).optional(),
});

const clockCommands = [
  z.strictObject({ kind: z.literal("pause") }),
  z.strictObject({ kind: z.literal("resume") }),
  z.strictObject({ kind: z.literal("step"), ticks: z.number().int() }),
  z.strictObject({ kind: z.literal("runUntil"), tick: z.number().int() }),
  z.strictObject({ kind: z.literal("speed"), ticksPerSecond: z.number().nullable() }),
] as const;

const interventions = [
  z.strictObject({ kind: z.literal("gate"), pathway: nameSchema, gate: z.number() }),
  z.strictObject({ kind: z.literal("learningRate"), value: z.number() }),
  z.strictObject({ kind: z.literal("spectralRadius"), module: nameSchema, value: z.number() }),
  z.strictObject({ kind: z.literal("beta"), value: z.number() }),
  z.strictObject({ kind: z.literal("parameter"), task: nameSchema, name: nameSchema, value: z.number() }),
  z.strictObject({ kind: z.literal("noise"), module: nameSchema, deviation: z.number() }),
  z.strictObject({
    kind: z.literal("drive"),
    module: nameSchema,
    block: nameSchema.nullable().default(null),
    values: valuesSchema,
    ticks: z.number().int(),
  }),
  z.strictObject({
    kind: z.literal("stimulus"),
    task: nameSchema,
    input: valuesSchema,
    target: valuesSchema.nullable().default(null),
    trial: z.number().int().nonnegative().nullable().default(null),
  }),
  z.strictObject({ kind: z.literal("outputError"), readout: nameSchema, error: valuesSchema }),
  z.strictObject({
    kind: z.literal("lesion"),
    module: nameSchema,
    units: readOnly(z.array(z.number().int().nonnegative()).max(4000)),
  }),
  z.strictObject({
    kind: z.literal("reset"),
    what: z.enum(["state", "weights", "both"]),
    seed: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  }),
  z.strictObject({ kind: z.literal("restore"), checkpoint: nameSchema }),
] as const;

/** What changes the network of a running simulation. */
export const interventionSchema = z.discriminatedUnion("kind", interventions);

const keepingCommands = [
  z.strictObject({ kind: z.literal("checkpoint") }),
  z.strictObject({
    kind: z.literal("record"),
    name: chosenNameSchema,
    topics: readOnly(z.array(recordedTopicSchema).max(256)),
    hashes: z.enum(["phases", "ticks"]).default("phases"),
  }),
  z.strictObject({ kind: z.literal("stopRecording") }),
  z.strictObject({
    kind: z.literal("alarm"),
    name: chosenNameSchema,
    when: alarmConditionSchema,
    action: z.enum(["tell", "pause", "checkpoint", "stop"]).default("tell"),
  }),
  z.strictObject({ kind: z.literal("disarm"), name: nameSchema }),
] as const;

const branchCommands = [
  z.strictObject({
    kind: z.literal("branch"),
    name: chosenNameSchema,
    checkpoint: nameSchema.nullable().default(null),
    changes: readOnly(z.array(interventionSchema).max(64)).default([]),
  }),
  z.strictObject({ kind: z.literal("endBranch"), name: nameSchema }),
] as const;

/**
 * What may be asked of a running simulation. Every number is finite (zod refuses NaN and infinities); the simulation
 * alone knows the ranges, and refuses what its network does not have.
 */
export const commandSchema = z.discriminatedUnion("kind", [
  ...clockCommands,
  ...interventions,
  ...keepingCommands,
  ...branchCommands,
]);
/** A command as it goes over the wire, defaults filled in. */
export type WireCommand = z.output<typeof commandSchema>;
/** A command as a client writes it. */
export type WireCommandInput = z.input<typeof commandSchema>;

/** Whether a command answers a task that waits for it; of each trial one answer is taken, so it needs no other pace. */
export const isAnswer = (command: { readonly kind: string; readonly trial?: number | null }): boolean =>
  command.kind === "stimulus" && typeof command.trial === "number";
