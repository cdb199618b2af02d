import { randomUUID } from "node:crypto";
import type { Simulation } from "../simulation/simulation.js";
import type { Heartbeat, Role, Welcome } from "../wire/messages.js";
import { clientLimits, type ServerLimits } from "./limits.js";

/** What a client is told first: the network, its topics, and how it stands. */
export function welcome(simulation: Simulation, role: Role, limits: ServerLimits): Welcome {
  const status = simulation.status();
  return {
    op: "welcome",
    session: randomUUID(),
    epoch: status.epoch,
    role,
    limits: clientLimits(limits),
    topics: simulation.topics,
    tick: status.tick,
    info: simulation.info,
    status,
  };
}

/** How the simulation stands now, for all clients. */
export function heartbeat(simulation: Simulation): Heartbeat {
  const status = simulation.status();
  return { op: "heartbeat", tick: status.tick, paused: status.paused, status };
}
