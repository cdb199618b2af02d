import type { Engine } from "./engine.js";
import type { Part, SimulationEvent } from "./part.js";
import type { SimulationStatus } from "./simulation.js";

/**
 * Tells how a simulation came to be, when those who watch have had time to begin: with its first tick.
 * @param events without the tick
 * @param degraded why it goes on with less than it was started with; null: it does not
 */
export function beginning(
  engine: Engine,
  events: readonly Omit<SimulationEvent, "tick">[],
  degraded: string | null,
): Part {
  let untold = events;
  return {
    ticked() {
      const { tick } = engine.net.state;
      const now = untold;
      untold = [];
      for (const event of now) engine.tell({ ...event, tick } as SimulationEvent);
    },
    status: (): Partial<SimulationStatus> => (degraded === null ? {} : { degraded }),
  };
}
