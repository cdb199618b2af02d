import type { SimulationStatus } from "../simulation/simulation.js";

/** What `/health` tells; nothing in it is secret. */
export interface Health {
  readonly status: "ok" | "paused" | "degraded" | "ended";
  readonly tick: number;
  readonly epoch: string;
  readonly version: string | null;
}

/** How a simulation is, for whoever has to restart it: ended is the only state that nothing but a restart helps. */
export function healthOf(status: SimulationStatus, hasEnded: boolean, version: string | null): Health {
  const { tick, epoch } = status;
  const running = status.paused ? "paused" : "ok";
  const state = status.degraded === null ? running : "degraded";
  return { status: hasEnded ? "ended" : state, tick, epoch, version };
}
