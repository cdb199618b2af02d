import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { branching } from "./branches/branching.js";
import type { OpenOptions } from "./open-options.js";
import { openSimulation } from "./open-simulation.js";
import { reopen } from "./reopen.js";
import type { Simulation } from "./simulation.js";
import { supervised } from "./supervised.js";

/**
 * Runs a network continuously in a thread of its own, as {@link openSimulation} does; it may have twins, each in a
 * thread of its own, too, and goes on without its GPU when that is lost.
 * @param run a run file's content
 * @throws EddyError (as a rejection) for what is wrong with the run, its data or the backend
 */
export async function openLive(run: unknown, options: OpenOptions = {}): Promise<Simulation> {
  const folder = await mkdtemp(join(tmpdir(), "eddy-branches-"));
  const clear = () => rm(folder, { recursive: true, force: true });
  try {
    const all = { ...options, branchPoints: folder };
    const original = supervised(await openSimulation(run, all), reopen(run, all, openSimulation));
    return branching(original, {
      folder,
      release: clear,
      open: (from) =>
        openSimulation(run, {
          ...(options.data !== undefined && { data: options.data }),
          backend: original.info.backend,
          ticksPerSecond: original.status().ticksPerSecond,
          paused: true,
          from,
        }),
    });
  } catch (error) {
    await clear();
    throw error;
  }
}
