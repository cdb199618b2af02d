import { filter, map, type Observable } from "rxjs";
import type { Frame, Simulation, Watch } from "./simulation.js";

/** The watches of a simulation, under handles of somebody else's. */
export interface Relay {
  /** with those handles */
  readonly frames: Observable<Frame>;
  /** @throws EddyError as the simulation's own `watch` */
  watch(handle: number, watch: Watch): Promise<void>;
  unwatch(handle: number): void;
}

/** Renumbers what a simulation's watchers get, so that frames of several simulations can go out together. */
export function relay(simulation: Simulation): Relay {
  const outer = new Map<number, number>();
  const inner = new Map<number, number>();
  return {
    frames: simulation.frames.pipe(
      map((frame) => ({ ...frame, watch: outer.get(frame.watch) ?? -1 })),
      filter(({ watch }) => watch >= 0),
    ),
    async watch(handle, watch) {
      const given = await simulation.watch(watch);
      outer.set(given, handle);
      inner.set(handle, given);
    },
    unwatch(handle) {
      const given = inner.get(handle);
      if (given === undefined) return;
      inner.delete(handle);
      outer.delete(given);
      simulation.unwatch(given);
    },
  };
}
