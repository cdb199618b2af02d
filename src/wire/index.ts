/**
 * The wire protocol of Eddy, for clients of every kind: runs in browsers and in Node. A session goes:
 *
 *     connect to WIRE_PATH with SUBPROTOCOL     <- open
 *     {op: "hello", v: 1, auth: token}          -> {op: "welcome", topics, info, status, limits, ...}
 *     {op: "sub", id: 1, topic: "state/m1"}     -> {op: "reply", id: 1, to: "sub", channel: 5, shape: [256], seq: 0, ...}
 *     {op: "ack", channel: 5, seq: 0}           <- [5, 0, tick, 0, bytes]   for every frame, or every second one
 *     {op: "cmd", id: 2, command: {kind: "pause"}} -> {op: "reply", id: 2, to: "cmd", tick}
 *                                               <- {op: "heartbeat", tick, paused, status}   every second
 *
 *                                               <- {op: "topics", topics}   when topics have come or gone
 *
 * Every frame has to be acknowledged, by itself or by a later one of its channel: after
 * `limits.unacknowledgedFramesMax` the frames of a conflated channel wait (only the latest is kept), and a client that
 * acknowledges nothing for ten seconds is closed with `closeCodes.slow`.
 *
 * A connection that broke goes on within a minute, channels and their `seq` as they were:
 *
 *     {op: "hello", v: 1, auth, resume: {epoch, channels: [{channel: 5, seq: 41}]}}
 *                                               -> {op: "welcome", resumed: [{channel: 5, recovered: true}], ...}
 *                                               <- [5, 42, tick, 0, bytes]   what was missed, none left out unsaid
 *
 * Where `recovered` is false (another epoch, or too late) the topic has to be subscribed to anew. A command that was sent
 * with a `key` may be sent again after a break: it is applied once, and the first reply is repeated.
 */
export { decode, encode, float32Bytes, float32Values } from "./codec.js";
export { commandSchema, isAnswer, type WireCommand, type WireCommandInput } from "./commands.js";
export type { Units, WireInfo, WireStatus, WireTopic } from "./description.js";
export {
  type ClientLimits,
  type CmdReply,
  type ControlMessage,
  type DataFrame,
  type ErrorMessage,
  type Heartbeat,
  parseServerMessage,
  type Reply,
  type Role,
  type ServerMessage,
  type SubReply,
  type TopicsMessage,
  type Welcome,
} from "./messages.js";
export {
  closeCodes,
  mayReconnect,
  PROTOCOL_VERSION,
  requestLimits,
  retryableErrorCodes,
  SUBPROTOCOL,
  serverMessageLimits,
  TOKEN_FRAGMENT_KEY,
  WIRE_PATH,
} from "./protocol.js";
export type { Ack, Cmd, Hello, Ping, Request, Sub, Unsub } from "./requests.js";
