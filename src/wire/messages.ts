import { z } from "zod";
import { EddyError } from "../errors.js";
import { decode } from "./codec.js";
import {
  countSchema,
  infoSchema,
  nameSchema,
  statusSchema,
  topicSchema,
  unitsSchema,
} from "./description.js";
import { serverMessageLimits } from "./protocol.js";
import { readOnly } from "./read-only.js";
import {
  channelSchema,
  deliverySchema,
  reductionSchema,
  requestIdSchema,
  rowSchema,
  windowSchema,
} from "./requests.js";

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
  topics: readOnly(z.array(topicSchema)),
  tick: countSchema,
  info: infoSchema,
  status: statusSchema,
  /**
   * of the channels that `hello` wanted to resume: recovered, so that the session is subscribed to it again and what was
   * missed follows (lossless: every frame; conflated: the latest, whose `dropped` counts the others); or not, so that it
   * has to be subscribed to anew, as a channel of another number
   */
  resumed: readOnly(z.array(z.strictObject({ channel: channelSchema, recovered: z.boolean() }))).optional(),
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
  payload: z.enum(["tensor", "record", "lanes"]),
  /** conflated: only the latest matters, `dropped` counts the others; lossless: every frame, or the connection ends */
  delivery: deliverySchema,
  /**
   * `seq` of the next frame, less what that frame says was dropped before it. Of a conflated channel that others watch
   * already, the latest frame follows at once.
   */
  seq: countSchema,
  every: z.number().int().min(1),
  hzMax: z.number().optional(),
  /** of tensors */
  dtype: z.enum(["float32", "uint8"]).optional(),
  shape: z.tuple([countSchema]).optional(),
  units: unitsSchema.optional(),
  row: rowSchema.optional(),
  reduce: reductionSchema.optional(),
  window: windowSchema.optional(),
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

/** `tick`: the tick before which the command was applied; `result`: what came of it, where there is more to say. */
export const cmdReplySchema = z.strictObject({
  ...replyTo("cmd"),
  tick: countSchema,
  result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});
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

/** Sent when the topics are others than those of the welcome, or of the last message of this kind: a twin began or ended. */
export const topicsMessageSchema = z.strictObject({
  op: z.literal("topics"),
  topics: readOnly(z.array(topicSchema)),
});
/** All topics that there are from now on. */
export type TopicsMessage = z.infer<typeof topicsMessageSchema>;

/** All that the server sends but data frames. */
export const controlMessageSchema = z.discriminatedUnion("op", [
  welcomeSchema,
  replySchema,
  errorMessageSchema,
  heartbeatSchema,
  topicsMessageSchema,
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
  throw new EddyError("MALFORMED_MESSAGE", `malformed message: ${issueText(result.error, message)}`);
}

const GIVEN_CHARACTERS_MAX = 40;

/** A value as a message may show it. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "a map";
  if (typeof value === "string") return JSON.stringify(value.slice(0, GIVEN_CHARACTERS_MAX));
  return String(value);
}

/**
 * The first thing that is wrong, as one line that names the field, and what was given there.
 * @param message what was checked
 */
export function issueText(error: z.ZodError, message: unknown): string {
  const { path = [], message: reason = "invalid" } = error.issues[0] ?? {};
  let given = message;
  for (const key of path) given = given instanceof Object ? Reflect.get(given, key) : undefined;
  const place = path.length > 0 ? `${path.join(".")}: ` : "";
  return `${place}given ${given === undefined ? "nothing" : shown(given)}; ${reason}`.slice(0, 300);
}
