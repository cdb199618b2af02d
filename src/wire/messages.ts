import { z } from "zod";
import { EddyError } from "../errors.js";
import { decode } from "./codec.js";
import { commandSchema } from "./commands.js";
import { countSchema, infoSchema, nameSchema, statusSchema, topicSchema } from "./description.js";
import { serverMessageLimits } from "./protocol.js";

// ---- from the client ----

/** Chosen by the client; the one reply (or error) to a request carries it back. */
const requestIdSchema = countSchema;
/** A channel: one topic with one set of options. Data frames name it. */
const channelSchema = z.number().int().nonnegative().max(0xffffffff);

/** The first message of every connection; programs that sent a bearer header leave `auth` out. */
export const helloSchema = z.strictObject({
  op: z.literal("hello"),
  v: z.number().int().min(0).max(1000),
  auth: z.string().max(512).optional(),
});
export type Hello = z.infer<typeof helloSchema>;

/** Which units of a tensor: start, start + every, ... below end. */
export const unitsSchema = z.strictObject({
  start: countSchema,
  end: countSchema,
  every: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type Units = z.infer<typeof unitsSchema>;

const rowSchema = z.union([countSchema, z.literal("mean")]);

/** Subscribes to a topic; without options every tick, all units, and the row that the simulation shows by default. */
export const subSchema = z.strictObject({
  op: z.literal("sub"),
  id: requestIdSchema,
  topic: nameSchema,
  /** every n-th tick; 1 for records */
  every: z.number().int().min(1).max(1_000_000).optional(),
  units: unitsSchema.optional(),
  row: rowSchema.optional(),
});
export type Sub = z.infer<typeof subSchema>;

export const unsubSchema = z.strictObject({
  op: z.literal("unsub"),
  id: requestIdSchema,
  channel: channelSchema,
});
export type Unsub = z.infer<typeof unsubSchema>;

/** Acknowledges all frames of a channel up to `seq`. Without an id there is no reply, which is how to send it. */
export const ackSchema = z.strictObject({
  op: z.literal("ack"),
  id: requestIdSchema.optional(),
  channel: channelSchema,
  seq: countSchema,
});
export type Ack = z.infer<typeof ackSchema>;

/** Changes the simulation. A command sent again with the same `key` is not applied again: its first reply is repeated. */
export const cmdSchema = z.strictObject({
  op: z.literal("cmd"),
  id: requestIdSchema,
  key: z.string().min(1).max(100).optional(),
  command: commandSchema,
});
export type Cmd = z.infer<typeof cmdSchema>;

export const pingSchema = z.strictObject({ op: z.literal("ping"), id: requestIdSchema });
export type Ping = z.infer<typeof pingSchema>;

export const requestSchema = z.discriminatedUnion("op", [
  subSchema,
  unsubSchema,
  ackSchema,
  cmdSchema,
  pingSchema,
]);
export type Request = z.infer<typeof requestSchema>;

// ---- from the server ----

/** What a client must keep to. */
export const clientLimitsSchema = z.strictObject({
  requestBytesMax: countSchema,
  subscriptionsMax: countSchema,
  commandsPerSecondMax: z.number(),
  commandsBurstMax: countSchema,
  /** conflated frames of a channel that are sent before one of them is acknowledged */
  unacknowledgedFramesMax: countSchema,
  /** frames of a lossless channel that may await acknowledgement; with more the connection ends with 4010 or 4008 */
  losslessFramesMax: countSchema,
  queuedBytesMax: countSchema,
  heartbeatMs: countSchema,
});
export type ClientLimits = z.infer<typeof clientLimitsSchema>;

export const roleSchema = z.enum(["viewer", "controller"]);
export type Role = z.infer<typeof roleSchema>;

export const welcomeSchema = z.strictObject({
  op: z.literal("welcome"),
  session: z.string(),
  /** changes with restart, reset and restore */
  epoch: z.string(),
  role: roleSchema,
  limits: clientLimitsSchema,
  topics: z.array(topicSchema).readonly(),
  tick: countSchema,
  info: infoSchema,
  status: statusSchema,
});
export type Welcome = z.infer<typeof welcomeSchema>;

const replyTo = <To extends string>(to: To) => ({
  op: z.literal("reply"),
  id: requestIdSchema,
  to: z.literal(to),
});

/** Tells once what the frames of the channel are. */
export const subReplySchema = z.strictObject({
  ...replyTo("sub"),
  channel: channelSchema,
  topic: nameSchema,
  payload: z.enum(["tensor", "record"]),
  /** conflated: only the latest matters, `dropped` counts the others; lossless: every frame, or the connection ends */
  delivery: z.enum(["conflated", "lossless"]),
  /** `seq` of the next frame, less what that frame says was dropped before it */
  seq: countSchema,
  every: z.number().int().min(1),
  /** of tensors */
  dtype: z.literal("float32").optional(),
  shape: z.tuple([countSchema]).optional(),
  units: unitsSchema.optional(),
  row: rowSchema.optional(),
});
export type SubReply = z.infer<typeof subReplySchema>;

export const unsubReplySchema = z.strictObject({ ...replyTo("unsub"), channel: channelSchema });
export type UnsubReply = z.infer<typeof unsubReplySchema>;

export const ackReplySchema = z.strictObject({ ...replyTo("ack") });
export type AckReply = z.infer<typeof ackReplySchema>;

/** `tick`: the tick before which the command was applied. */
export const cmdReplySchema = z.strictObject({ ...replyTo("cmd"), tick: countSchema });
export type CmdReply = z.infer<typeof cmdReplySchema>;

export const pingReplySchema = z.strictObject({ ...replyTo("ping"), tick: countSchema });
export type PingReply = z.infer<typeof pingReplySchema>;

export const replySchema = z.discriminatedUnion("to", [
  subReplySchema,
  unsubReplySchema,
  ackReplySchema,
  cmdReplySchema,
  pingReplySchema,
]);
export type Reply = z.infer<typeof replySchema>;

/** Codes are those of EddyError, and INTERNAL. With an id it is the reply to that request. */
export const errorMessageSchema = z.strictObject({
  op: z.literal("error"),
  id: requestIdSchema.optional(),
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});
export type ErrorMessage = z.infer<typeof errorMessageSchema>;

/** Sent every second even when paused, so that paused and dead differ. */
export const heartbeatSchema = z.strictObject({
  op: z.literal("heartbeat"),
  tick: countSchema,
  paused: z.boolean(),
  status: statusSchema,
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const controlMessageSchema = z.discriminatedUnion("op", [
  welcomeSchema,
  replySchema,
  errorMessageSchema,
  heartbeatSchema,
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

/**
 * `[channel, seq, tick, dropped, payload]`. `seq` counts the frames of a channel; between two frames that a client
 * gets it grows by `1 + dropped` of the later one. A tensor's payload is raw little-endian bytes of the dtype and shape
 * that the reply to `sub` told; a record's is a map.
 */
export const dataFrameSchema = z.tuple([
  channelSchema,
  countSchema,
  countSchema,
  countSchema,
  z.union([z.instanceof(Uint8Array), z.record(z.string(), z.unknown())]),
]);
export type DataFrame = z.infer<typeof dataFrameSchema>;

export type ServerMessage = ControlMessage | DataFrame;

/** Decodes and checks what the server sent; data frames are arrays. @throws EddyError MALFORMED_MESSAGE */
export function parseServerMessage(bytes: Uint8Array): ServerMessage {
  const message = decode(bytes, serverMessageLimits);
  return Array.isArray(message) ? checked(dataFrameSchema, message) : checked(controlMessageSchema, message);
}

function checked<Value>(schema: z.ZodType<Value>, message: unknown): Value {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  throw new EddyError("MALFORMED_MESSAGE", `malformed message: ${issueText(result.error)}`);
}

/** The first thing that is wrong, as one line that names the field. */
export function issueText(error: z.ZodError): string {
  const issue = error.issues[0];
  const field = issue?.path.join(".");
  return `${field ? `${field}: ` : ""}${issue?.message ?? "invalid"}`.slice(0, 300);
}
