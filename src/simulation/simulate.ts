import { EddyError } from "../errors.js";
import { defaultBackend } from "../kernels/backends.js";
import type { LearningRule } from "../model/learning-rule.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { openCheckpointFolder } from "./checkpoints/checkpoints.js";
import { openFrom } from "./checkpoints/open-from.js";
import { openBackend } from "./choose-backend.js";
import { localSimulation } from "./local-simulation.js";
import type { OpenOptions } from "./open-options.js";
import { endlessDoors, openStimuli } from "./open-stimuli.js";
import { partsOf } from "./parts.js";
import { resolveRun } from "./run-description.js";
import { checkSameRun } from "./same-run.js";
import type { Simulation } from "./simulation.js";
import { openWorlds } from "./worlds/worlds.js";

/** The same, with stimuli of the caller's own. */
export interface SimulateOptions extends OpenOptions {
  /** by task: these need no stimuli in the run */
  readonly doors?: Readonly<Record<string, StimulusDoor>>;
  /** takes the place of the run's */
  readonly rule?: LearningRule;
}

/** The options of a simulation in a thread of its own. */
export const openOptionNames = [
  "backend",
  "data",
  "ticksPerSecond",
  "ticks",
  "paused",
  "from",
  "checkpoints",
  "recordings",
  "replay",
  "degraded",
  "branchPoints",
];
const simulateOptionNames = [...openOptionNames, "doors", "rule"];

/** @throws EddyError INVALID_ARGUMENT for an option that is not among the names */
export function checkOptions(options: OpenOptions, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new EddyError(
      "INVALID_ARGUMENT",
      `options: unknown option "${name}"; allowed: ${names.join(", ")}`,
    );
  }
}

/**
 * Runs a network continuously in this thread, with built-in stimuli and learning rules or the caller's own. It makes
 * its first tick after the caller has had time to watch.
 * @param value a run file's content
 * @throws EddyError (as a rejection) for what is wrong with the run, its data or the backend
 */
export async function simulate(value: unknown, options: SimulateOptions = {}): Promise<Simulation> {
  checkOptions(options, simulateOptionNames);
  const {
    backend = defaultBackend,
    data,
    doors = {},
    rule,
    ticksPerSecond = null,
    ticks = null,
    paused = false,
  } = options;
  const own = new Set(Object.keys(doors));
  const run = resolveRun(value, own);
  const from = options.from === undefined ? null : await openFrom(options.from);
  if (from) checkSameRun(run, resolveRun(from.checkpoint.run, own), from.path);
  const checkpoints =
    options.checkpoints === undefined
      ? null
      : await openCheckpointFolder(options.checkpoints, from?.path ?? null);
  const worlds = openWorlds(run, options.replay ?? false);
  const opened = endlessDoors(run, openStimuli(run, dataDirectory(data)));
  const { kernels, choice } = await openBackend(backend, run, rule);
  const all = new Map([...opened, ...worlds.doors, ...Object.entries(doors)]);
  try {
    const simulation = localSimulation(
      kernels,
      run,
      all,
      { ticksPerSecond, ticks, paused },
      rule,
      partsOf(options, { from, checkpoints, worlds }),
      from?.checkpoint,
    );
    return { ...simulation, choice, close: () => simulation.close().finally(() => kernels.close()) };
  } catch (error) {
    kernels.close();
    throw error;
  }
}
