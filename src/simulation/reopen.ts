import { defaultBackend } from "../kernels/backends.js";
import { latestCheckpoint } from "./checkpoints/kept-checkpoints.js";
import type { OpenOptions } from "./open-options.js";
import type { Simulation } from "./simulation.js";
import type { Reopen } from "./supervised.js";

type Open = (run: unknown, options: OpenOptions) => Promise<Simulation>;

/**
 * Opens a run again on the processor after its device was lost: from its last whole checkpoint, or where it had begun
 * when there is none.
 * @param options with which it was opened
 */
export const reopen =
  (run: unknown, options: OpenOptions, open: Open): Reopen =>
  async (lost, before) => {
    const { checkpoints, recordings, from, ...others } = options;
    const kept = checkpoints && (await latestCheckpoint(checkpoints.folder));
    const begin = kept ? checkpoints.folder : from;
    const reason = `${lost}; goes on from ${kept ? `checkpoint ${kept.name}` : "its beginning"} on ${defaultBackend}`;
    return open(run, {
      ...others,
      ...(checkpoints && { checkpoints }),
      // the recording that began at once has ended with the thread; another may be begun
      ...(recordings && { recordings: { ...recordings, atOnce: undefined } }),
      ...(begin !== undefined && { from: begin }),
      backend: defaultBackend,
      ticksPerSecond: before.ticksPerSecond,
      paused: true,
      degraded: reason,
    });
  };
