import type { ClientLimits } from "../wire/messages.js";
import { requestLimits } from "../wire/protocol.js";

/** What the server withstands; every queue and every wait has an end. */
export interface ServerLimits {
  readonly connectionsMax: number;
  /** distinct watches of the simulation, over all clients */
  readonly channelsMax: number;
  readonly subscriptionsMax: number;
  readonly commandsPerSecondMax: number;
  readonly commandsBurstMax: number;
  /** `stimulus` commands that answer a request of a task whose world the client is */
  readonly answersPerSecondMax: number;
  /** sub, unsub and ping */
  readonly requestsPerSecondMax: number;
  readonly requestsBurstMax: number;
  readonly requestBytesMax: number;
  /** malformed messages with which a session ends */
  readonly malformedMax: number;
  /** requests in a row that were refused for their rate, with which a session ends */
  readonly rateRefusalsMax: number;
  readonly unacknowledgedFramesMax: number;
  /** of a lossless channel: that wait for one client's acknowledgement, and that are kept for who comes back */
  readonly losslessFramesMax: number;
  readonly losslessMsMax: number;
  /** bytes of one channel's frames that are kept, shared by all its clients */
  readonly keptBytesMax: number;
  readonly keptBytesTotalMax: number;
  /** how long a channel goes on for those whose connection broke */
  readonly keptMs: number;
  /** bytes of a client that the socket has not taken yet */
  readonly queuedBytesMax: number;
  /** without an acknowledgement, or without a byte taken, while there is something to take */
  readonly stalledMsMax: number;
  readonly authenticationMsMax: number;
  readonly failuresMax: number;
  readonly failuresWindowMs: number;
  readonly heartbeatMs: number;
  readonly pingMs: number;
  readonly pongMsMax: number;
  /** how often queues and waits are looked at */
  readonly sweepMs: number;
  /** for replies and frames that are under way when the server shuts down */
  readonly flushingMsMax: number;
  /** for the closing handshake, then the socket is destroyed */
  readonly closingMsMax: number;
}

export const defaultLimits: ServerLimits = {
  connectionsMax: 10_000,
  channelsMax: 1024,
  subscriptionsMax: 32,
  commandsPerSecondMax: 20,
  commandsBurstMax: 40,
  answersPerSecondMax: 5000,
  requestsPerSecondMax: 50,
  requestsBurstMax: 100,
  requestBytesMax: requestLimits.bytesMax,
  malformedMax: 3,
  rateRefusalsMax: 1000,
  unacknowledgedFramesMax: 4,
  losslessFramesMax: 1024,
  losslessMsMax: 60_000,
  keptBytesMax: 4 * 1024 * 1024,
  keptBytesTotalMax: 256 * 1024 * 1024,
  keptMs: 60_000,
  queuedBytesMax: 1024 * 1024,
  stalledMsMax: 10_000,
  authenticationMsMax: 5000,
  failuresMax: 5,
  failuresWindowMs: 60_000,
  heartbeatMs: 1000,
  pingMs: 10_000,
  pongMsMax: 25_000,
  sweepMs: 500,
  flushingMsMax: 2000,
  closingMsMax: 1000,
};

/** The part of the limits that a client has to know. */
export function clientLimits(limits: ServerLimits): ClientLimits {
  return {
    requestBytesMax: limits.requestBytesMax,
    subscriptionsMax: limits.subscriptionsMax,
    commandsPerSecondMax: limits.commandsPerSecondMax,
    commandsBurstMax: limits.commandsBurstMax,
    unacknowledgedFramesMax: limits.unacknowledgedFramesMax,
    losslessFramesMax: limits.losslessFramesMax,
    queuedBytesMax: limits.queuedBytesMax,
    heartbeatMs: limits.heartbeatMs,
  };
}
