import type { Simulation } from "../simulation/simulation.js";
import type { Heartbeat, Role, Welcome } from "../wire/messages.js";
import { clientLimits, type ServerLimits } from "./limits.js";

/** What a client is told first: the network, its topics, how it stands, and which channels go on. */
export function welcome(
  simulation: Simulation,
  session: string,
  role: Role,
  limits: ServerLimits,
  resumed: Welcome["resumed"],
): Welcome {
  const status = simulation.status();
  return {
    op: "welcome",
    session,
    epoch: status.epoch,
    role,
    limits: clientLimits(limits),
    topics: simulation.topics,
    tick: status.tick,
    info: simulation.info,
    status,
    ...(resumed && { resumed }),
  };
}

/** How the simulation stands now, for all clients. */
export function heartbeat(simulation: Simulation): Heartbeat {
  const status = simulation.status();
  return { op: "heartbeat", tick: status.tick, paused: status.paused, status };
}
