import { EddyError } from "../errors.js";
import { encode } from "../wire/codec.js";
import type { ErrorMessage } from "../wire/messages.js";
import { closeCodes } from "../wire/protocol.js";
import type { Hub } from "./hub.js";
import type { Session } from "./session.js";
import { heartbeat } from "./welcome.js";

/**
 * Passes the simulation's frames on to the sessions, sends heartbeats, and sweeps. When the simulation ends or fails, the
 * sessions are told so and closed.
 * @returns what stops it
 */
export function publish(hub: Hub, sessions: ReadonlySet<Session>): () => void {
  const { simulation, limits } = hub;
  const frames = simulation.frames.subscribe({
    next: (frame) => {
      // a new epoch's frames are no continuation of what its clients have, though its ticks may seem to be
      hub.refresh();
      hub.channels.deliver(frame);
    },
    error: (error: unknown) => {
      hub.report(error);
      const isOurs = error instanceof EddyError;
      end(hub, sessions, isOurs ? error.message : "the simulation has failed; the server's log says more");
    },
    complete: () => end(hub, sessions, "the simulation has ended"),
  });
  const heartbeats = setInterval(() => {
    if (hub.hasEnded()) return;
    hub.refresh();
    if (sessions.size === 0) return;
    const bytes = encode(heartbeat(simulation));
    for (const session of sessions) session.broadcast(bytes);
  }, limits.heartbeatMs);
  const sweeps = setInterval(() => {
    for (const session of sessions) session.sweep();
    hub.channels.sweep();
  }, limits.sweepMs);
  return () => {
    clearInterval(heartbeats);
    clearInterval(sweeps);
    frames.unsubscribe();
  };
}

function end(hub: Hub, sessions: ReadonlySet<Session>, message: string): void {
  hub.markEnded();
  hub.log.info({ sessions: sessions.size, reason: message }, "simulation ended");
  const error: ErrorMessage = { op: "error", code: "SIMULATION_ENDED", message, retryable: false };
  const bytes = encode(error);
  for (const session of sessions) {
    session.broadcast(bytes);
    session.end(closeCodes.shutdown, "the simulation has ended");
  }
  hub.channels.clear();
}
