import { refuse } from "../interventions/ranges.js";
import type { Simulation, Watch } from "../simulation.js";
import { difference } from "./difference.js";

/** Whether so much time has passed since the last time that it said so. */
function pace(hzMax: number | undefined): () => boolean {
  let nextMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (hzMax === undefined) return true;
    const nowMs = performance.now();
    if (nowMs < nextMs) return false;
    nextMs = nowMs + 1000 / hzMax;
    return true;
  };
}

/** Watches one side under its own handle. @returns what ends it */
async function watchSide(
  simulation: Simulation,
  watch: Watch,
  see: (tick: number, values: Float32Array) => void,
): Promise<() => void> {
  let handle = -1;
  const subscription = simulation.frames.subscribe({
    next(frame) {
      if (frame.watch === handle && frame.payload instanceof Float32Array) see(frame.tick, frame.payload);
    },
    // whoever holds the simulation hears of its failure
    error: () => {},
  });
  try {
    handle = await simulation.watch(watch);
  } catch (error) {
    subscription.unsubscribe();
    throw error;
  }
  return () => {
    subscription.unsubscribe();
    simulation.unwatch(handle);
  };
}

/**
 * Watches what a twin's tensor differs by from the original's, tick by tick.
 * @param watch of the topic as both have it
 * @returns what ends it
 * @throws EddyError INVALID_ARGUMENT, as a rejection, for a reduction, or as the simulations' own `watch`
 */
export async function watchDifference(
  original: Simulation,
  twin: Simulation,
  { hzMax, ...watch }: Watch,
  emit: (tick: number, values: Float32Array) => void,
): Promise<() => void> {
  if (watch.reduce) throw refuse("reduce", watch.reduce.kind, "none for a difference");
  const isDue = pace(hzMax);
  const joined = difference((tick, values) => {
    if (isDue()) emit(tick, values);
  });
  const ofOriginal = await watchSide(original, watch, joined.original);
  try {
    const ofTwin = await watchSide(twin, watch, joined.twin);
    return () => {
      ofOriginal();
      ofTwin();
    };
  } catch (error) {
    ofOriginal();
    throw error;
  }
}
