import { readdirSync } from "node:fs";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { learningRules } from "../../../src/model/learning-rules.js";
import type { Checkpoint } from "../../../src/simulation/checkpoint.js";
import { checkpoints, openCheckpointFolder } from "../../../src/simulation/checkpoints/checkpoints.js";
import { openFrom } from "../../../src/simulation/checkpoints/open-from.js";
import type { Intervention } from "../../../src/simulation/command.js";
import { Engine } from "../../../src/simulation/engine.js";
import { continueNetwork, openNetwork } from "../../../src/simulation/open-network.js";
import type { CheckpointOptions } from "../../../src/simulation/open-options.js";
import type { Run } from "../../../src/simulation/run-description.js";
import { endlessSource } from "../../../src/streams/stimulus-door.js";
import { batch, runOf, sourceOf, tasks } from "../interventions/steered.js";

/** An engine that keeps checkpoints in a folder. */
export interface KeptEngine {
  readonly engine: Engine;
  /** what it told, of checkpoints alone */
  readonly events: Record<string, unknown>[];
  ticks(count: number): Promise<void>;
  apply(command: Intervention): Promise<void>;
  /** as a client asks for one */
  checkpoint(): Promise<Record<string, unknown>>;
  /** the latest on disk, as its status says */
  latest(): { readonly name: string; readonly tick: number } | null | undefined;
  /** Waits until what is under way is on disk. */
  settle(): Promise<void>;
}

/**
 * Opens the small network of two tasks, with its checkpoints in a folder.
 * @param from path of a checkpoint, or of a folder, to go on from
 */
export async function keptEngine(
  kernels: Kernels,
  options: CheckpointOptions,
  { from, run = runOf() }: { readonly from?: string; readonly run?: Run } = {},
): Promise<KeptEngine> {
  const opened = from === undefined ? null : await openFrom(from);
  const folder = await openCheckpointFolder(options, opened?.path ?? null);
  const doors = new Map(tasks.map((name) => [name, endlessSource(sourceOf(name), batch)]));
  const rule = learningRules.EPE;
  const engine = new Engine({
    kernels,
    run,
    from: opened?.checkpoint ?? null,
    open: (state) =>
      state ? continueNetwork(kernels, run, doors, rule, state) : openNetwork(kernels, run, doors, rule),
  });
  const part = checkpoints(engine, folder);
  const events: Record<string, unknown>[] = [];
  engine.attach(part);
  engine.attach({ told: (event) => void (/^checkpoint/.test(event.kind) && events.push(event)) });
  return {
    engine,
    events,
    async ticks(count) {
      for (let i = 0; i < count; i++) {
        const held = engine.hold();
        if (held) await held;
        engine.tick();
      }
    },
    async apply(command) {
      await engine.intervene(command, "client");
    },
    async checkpoint() {
      return (await part.command?.({ kind: "checkpoint" })) ?? {};
    },
    latest: () => part.status?.().checkpoint,
    async settle() {
      // a read of one waits for nothing; a write waits for those before it
      const told = events.length;
      while (events.length === told) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
}

/** The names of the checkpoints in a folder. */
export const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();

/** Whether two checkpoints are of the same state, and of a simulation that has come as far. */
export const sameProgress = ({ progress }: Checkpoint): unknown => ({ ...(progress as object), order: 0 });
