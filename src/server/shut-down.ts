import type { Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { closeCodes } from "../wire/protocol.js";
import type { Hub } from "./hub.js";
import type { Session } from "./session.js";

const FLUSH_CHECK_MS = 5;

/**
 * Ends a server: commands that are being applied are answered and what is queued goes out, within
 * `limits.flushingMsMax`; then everybody is closed with 4001.
 * @param stop stops what publishes frames
 */
export async function shutDown(
  http: Server,
  hub: Hub,
  sessions: ReadonlySet<Session>,
  stop: () => void,
): Promise<void> {
  const { limits } = hub;
  stop();
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  const endsAtMs = hub.nowMs() + limits.flushingMsMax;
  for (const session of sessions) session.stopListening();
  while (hub.nowMs() < endsAtMs && [...sessions].some((session) => !session.isFlushed)) {
    await delay(FLUSH_CHECK_MS);
  }
  for (const session of sessions) session.end(closeCodes.shutdown, "the server shuts down");
  hub.channels.clear();
  http.closeIdleConnections();
  const cutOff = setTimeout(() => http.closeAllConnections(), limits.closingMsMax);
  await closed;
  clearTimeout(cutOff);
}
