/** Eddy's client for programs and pages: see `connect`. */
export { type Address, parseAddress, withoutToken } from "./address.js";
export { backOffMs } from "./back-off.js";
export { ClientError, textOf } from "./client-error.js";
export type { Applied } from "./command-queue.js";
export type { CommandInput, InterventionInput, Values } from "./commands.js";
export { type ConnectOptions, connect } from "./connect.js";
export type { Received } from "./feeds.js";
export type { Latest } from "./latest.js";
export type { Link } from "./link.js";
export type { Epoch, Run, Twin, View } from "./run.js";
export type { Socket, SocketClass } from "./socket.js";
export type { Steering } from "./steering.js";
export type {
  EventRecord,
  Frame,
  MetricsRecord,
  Payload,
  PayloadOf,
  WatchOptions,
  WireRecord,
} from "./topics.js";
export type { Answered, Respond, World, WorldAnswer, WorldRequest } from "./world.js";
