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
/** A valid `hello`. */
export type Hello = z.infer<typeof helloSchema>;

/** Which units of a tensor: start, start + every, ... below end. */
export const unitsSchema = z.strictObject({
  start: countSchema,
  end: countSchema,
  every: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
/** Which units of a tensor a subscription asks for. */
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
/** A request to subscribe to a topic. */
export type Sub = z.infer<typeof subSchema>;

/** Ends the subscription that a channel belongs to. */
export const unsubSchema = z.strictObject({
  op: z.literal("unsub"),
  id: requestIdSchema,
  channel: channelSchema,
});
/** A request to end a subscription. */
export type Unsub = z.infer<typeof unsubSchema>;

/** Acknowledges all frames of a channel up to `seq`. Without an id there is no reply, which is how to send it. */
export const ackSchema = z.strictObject({
  op: z.literal("ack"),
  id: requestIdSchema.optional(),
  channel: channelSchema,
  seq: countSchema,
});
/** What tells the server which frames have come. */
export type Ack = z.infer<typeof ackSchema>;

/** Changes the simulation. A command sent again with the same `key` is not applied again: its first reply is repeated. */
export const cmdSchema = z.strictObject({
  op: z.literal("cmd"),
  id: requestIdSchema,
  key: z.string().min(1).max(100).optional(),
  command: commandSchema,
});
/** A request to change the simulation. */
export type Cmd = z.infer<typeof cmdSchema>;

/** Asks for the simulation's tick. */
export const pingSchema = z.strictObject({ op: z.literal("ping"), id: requestIdSchema });
/** A request for the simulation's tick. */
export type Ping = z.infer<typeof pingSchema>;

/** All that a client may send after `hello`. */
export const requestSchema = z.discriminatedUnion("op", [
  subSchema,
  unsubSchema,
  ackSchema,
  cmdSchema,
  pingSchema,
]);
/** A message of a client after `hello`. */
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
/** What a client must keep to, as its welcome tells it. */
export type ClientLimits = z.infer<typeof clientLimitsSchema>;

/** A viewer may look; a controller may change the simulation, too. */
export const roleSchema = z.enum(["viewer", "controller"]);
/** What a client may do. */
export type Role = z.infer<typeof roleSchema>;

/** Answers a valid `hello`: who the client is, and what there is to see. */
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
/** The first message of the server. */
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
/** The reply to `sub`. */
export type SubReply = z.infer<typeof subReplySchema>;

/** Answers `unsub`: no frame of the channel follows. */
export const unsubReplySchema = z.strictObject({ ...replyTo("unsub"), channel: channelSchema });
/** The reply to `unsub`. */
export type UnsubReply = z.infer<typeof unsubReplySchema>;

/** Answers an `ack` that has an id. */
export const ackReplySchema = z.strictObject({ ...replyTo("ack") });
/** The reply to `ack`. */
export type AckReply = z.infer<typeof ackReplySchema>;

/** `tick`: the tick before which the command was applied. */
export const cmdReplySchema = z.strictObject({ ...replyTo("cmd"), tick: countSchema });
/** The reply to `cmd`. */
export type CmdReply = z.infer<typeof cmdReplySchema>;

/** Answers `ping` with the simulation's tick. */
export const pingReplySchema = z.strictObject({ ...replyTo("ping"), tick: countSchema });
/** The reply to `ping`. */
export type PingReply = z.infer<typeof pingReplySchema>;

/** The replies to requests that were granted. */
export const replySchema = z.discriminatedUnion("to", [
  subReplySchema,
  unsubReplySchema,
  ackReplySchema,
  cmdReplySchema,
  pingReplySchema,
]);
/** A reply to a request that was granted. */
export type Reply = z.infer<typeof replySchema>;

/** Codes are those of EddyError, and INTERNAL. With an id it is the reply to that request. */
export const errorMessageSchema = z.strictObject({
  op: z.literal("error"),
  id: requestIdSchema.optional(),
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
});
/** What went wrong, with a request or with the simulation. */
export type ErrorMessage = z.infer<typeof errorMessageSchema>;

/** Sent every second even when paused, so that paused and dead differ. */
export const heartbeatSchema = z.strictObject({
  op: z.literal("heartbeat"),
  tick: countSchema,
  paused: z.boolean(),
  status: statusSchema,
});
/** A sign of life, with how the simulation stands. */
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** All that the server sends but data frames. */
export const controlMessageSchema = z.discriminatedUnion("op", [
  welcomeSchema,
  replySchema,
  errorMessageSchema,
  heartbeatSchema,
]);
/** A message of the server that is no data frame. */
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
/** A frame of a channel, as the client decodes it. */
export type DataFrame = z.infer<typeof dataFrameSchema>;

/** Whatever the server sends. */
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
