import { join } from "node:path";
import { EddyError } from "../../errors.js";
import type { Kernels } from "../../kernels/kernels.js";
import { ruleOf } from "../../model/learning-rules.js";
import type { StimulusDoor } from "../../streams/stimulus-door.js";
import { dataDirectory } from "../../streams/tasks/data-directory.js";
import { readCheckpoint } from "../checkpoint.js";
import { openBackend } from "../choose-backend.js";
import { Engine } from "../engine.js";
import { continueNetwork, openNetwork } from "../open-network.js";
import { endlessDoors, openStimuli } from "../open-stimuli.js";
import { type Run, resolveRun } from "../run-description.js";
import { openWorlds } from "../worlds/worlds.js";
import { compareHashes, type Difference } from "./compare-hashes.js";
import type { JournalEntry } from "./journal-entry.js";
import { readJournal } from "./journal-lines.js";
import { planReplay, type ReplayPlan } from "./replay-plan.js";
import { checkpointsFolder, type RecordingDescription, readRecordingDescription } from "./run-folder.js";
import { hashState } from "./state-hash.js";
import { loadCommand } from "./stored-command.js";

/** What is replayed, and how. */
export interface ReplayOptions {
  /** begins with the nearest checkpoint at or before this tick; absent: with the first */
  readonly from?: number;
  /** absent: that of the recording */
  readonly backend?: string;
  /** where data sets are; default: EDDY_DATA, else the user's cache folder */
  readonly data?: string;
  /** of tasks whose stimuli were the caller's own, by task */
  readonly doors?: Readonly<Record<string, StimulusDoor>>;
  readonly signal?: AbortSignal;
  /** told now and then */
  readonly progress?: (made: number, of: number) => void;
}

/** What a replay found. */
export interface ReplayResult {
  /** the tick at which it began */
  readonly from: number;
  /** ticks made */
  readonly ticks: number;
  readonly hashes: number;
  readonly interventions: number;
  /** hashes were compared bit by bit; else the means of |x| were, with a tolerance */
  readonly exact: boolean;
  /** where it is not what was recorded; it went no further then */
  readonly difference: Difference | null;
  /** why the recording ended; null where a crash cut it */
  readonly ended: string | null;
  readonly cut: ReplayPlan["cut"];
}

/** How long other work of this thread may have to wait, ms. */
const turnMs = 50;

/** Makes a recorded run again, line by line of its journal. */
class Replay {
  ticks = 0;
  hashes = 0;
  interventions = 0;
  readonly #engine: Engine;
  readonly #exact: boolean;
  readonly #options: ReplayOptions;
  readonly #plan: ReplayPlan;
  #turnEndMs = 0;

  constructor(engine: Engine, exact: boolean, plan: ReplayPlan, options: ReplayOptions) {
    this.#engine = engine;
    this.#exact = exact;
    this.#plan = plan;
    this.#options = options;
  }

  /** @returns how the state differs from what the entry says of it, if it does */
  async follow(entry: JournalEntry): Promise<Difference | null> {
    switch (entry.kind) {
      case "intervention": {
        await this.#runTo(entry.tick);
        const command = loadCommand(entry.command);
        const { stored } = entry;
        await this.#engine.intervene(
          command.kind === "restore" && stored !== undefined ? { ...command, checkpoint: stored } : command,
          "replay",
        );
        this.interventions += 1;
        return null;
      }
      case "hash": {
        await this.#runTo(entry.tick);
        const { kernels, net } = this.#engine;
        const replayed = await hashState(kernels, net.state, Object.keys(entry.weights));
        this.hashes += 1;
        return compareHashes(entry.tick, entry, replayed, this.#exact);
      }
      case "end":
        await this.#runTo(entry.tick);
        return null;
      default:
        return null;
    }
  }

  async #runTo(tick: number): Promise<void> {
    const { state } = this.#engine.net;
    if (state.tick > tick) {
      throw new EddyError(
        "FILE_INVALID",
        `journal: an entry of tick ${tick} follows tick ${state.tick}; it is not whole`,
      );
    }
    while (state.tick < tick) {
      const hold = this.#engine.hold();
      if (hold) await hold;
      this.#engine.tick();
      this.ticks += 1;
      if (performance.now() > this.#turnEndMs) await this.#turn();
    }
  }

  /** Lets other work of this thread have its turn. */
  async #turn(): Promise<void> {
    this.#options.progress?.(this.ticks, this.#plan.ticks);
    await new Promise((resolve) => setImmediate(resolve));
    this.#turnEndMs = performance.now() + turnMs;
  }
}

/** The engine of a recording at the moment of a checkpoint: what acts by itself does nothing here. */
async function openEngine(
  kernels: Kernels,
  run: Run,
  folder: string,
  { checkpoint }: ReplayPlan,
  { data, doors = {} }: ReplayOptions,
): Promise<Engine> {
  const sources = endlessDoors(run, openStimuli(run, dataDirectory(data)));
  const all = new Map([...sources, ...openWorlds(run, true).doors, ...Object.entries(doors)]);
  const rule = ruleOf(run);
  const engine = new Engine({
    kernels,
    run,
    from: await readCheckpoint(checkpoint),
    open: (state) =>
      state ? continueNetwork(kernels, run, all, rule, state) : openNetwork(kernels, run, all, rule),
  });
  engine.attach({ checkpoint: (name) => readCheckpoint(join(folder, checkpointsFolder, name)) });
  return engine;
}

async function follow(
  engine: Engine,
  description: RecordingDescription,
  folder: string,
  plan: ReplayPlan,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { name, exact: exactHere } = engine.kernels;
  const exact = description.exact && exactHere && name === description.backend;
  const replay = new Replay(engine, exact, plan, options);
  let difference: Difference | null = null;
  let entries = 0;
  for await (const entry of readJournal(folder)) {
    entries += 1;
    if (entries <= plan.skipped) continue;
    difference = await replay.follow(entry);
    if (difference || options.signal?.aborted) break;
  }
  const { ticks, hashes, interventions } = replay;
  const { tick: from, ended, cut } = plan;
  return { from, ticks, hashes, interventions, exact, difference, ended, cut };
}

/**
 * Makes a recorded run again, interventions included, and compares the state with the hashes that were recorded: bit by
 * bit where both backends are the same and exact, else by the means of |x|, with a tolerance.
 * @param folder of the recording
 * @throws EddyError (as a rejection) for a folder that is no recording, and for what is wrong with data or the backend
 */
export async function replayRecording(folder: string, options: ReplayOptions = {}): Promise<ReplayResult> {
  const description = await readRecordingDescription(folder);
  const run = resolveRun(description.run, new Set(Object.keys(options.doors ?? {})));
  const plan = await planReplay(folder, options.from ?? null);
  const { kernels } = await openBackend(options.backend ?? description.backend, run);
  try {
    const engine = await openEngine(kernels, run, folder, plan, options);
    try {
      return await follow(engine, description, folder, plan, options);
    } finally {
      await engine.close();
    }
  } finally {
    kernels.close();
  }
}
