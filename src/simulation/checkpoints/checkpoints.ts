import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { EddyError, messageOf } from "../../errors.js";
import {
  type Checkpoint,
  readCheckpoint,
  removeCheckpoint,
  type WrittenCheckpoint,
  writeCheckpoint,
} from "../checkpoint.js";
import type { Engine } from "../engine.js";
import { inRange, oneOf, refuse, wholeInRange } from "../interventions/ranges.js";
import { progressOf } from "../live-progress.js";
import type { CheckpointOptions } from "../open-options.js";
import type { Part } from "../part.js";
import { checkFinite } from "./check-finite.js";
import { checkpointName, isCheckpointName, type KeptCheckpoint, prepareFolder } from "./kept-checkpoints.js";

/** A folder that is ready for the checkpoints of one run. */
export interface CheckpointFolder extends CheckpointOptions {
  /** those that are there already, the latest first */
  readonly kept: readonly KeptCheckpoint[];
}

/**
 * Makes a folder ready for the checkpoints of a run.
 * @param from path of the checkpoint that the run goes on from; null: it begins
 * @throws EddyError INVALID_ARGUMENT for a schedule that is none, FILE_EXISTS when the folder has checkpoints of
 *   something else: they would make room for these, FILE_INVALID when it cannot be made
 */
export async function openCheckpointFolder(
  options: CheckpointOptions,
  from: string | null,
): Promise<CheckpointFolder> {
  const { folder, everyTicks, everySeconds, keep } = options;
  if (everyTicks !== undefined)
    wholeInRange("checkpoints.everyTicks", everyTicks, 1, Number.MAX_SAFE_INTEGER);
  if (everySeconds !== undefined) inRange("checkpoints.everySeconds", everySeconds, 1e-3, 1e9);
  if (keep !== undefined) wholeInRange("checkpoints.keep", keep, 1, 1e6);
  const kept = await prepareFolder(folder);
  if (
    kept.length > 0 &&
    !kept.some(({ name }) => from !== null && resolve(folder, `${name}.json`) === resolve(from))
  ) {
    throw new EddyError(
      "FILE_EXISTS",
      `checkpoints in ${folder}: there are some of another run already; go on from them (--from ${folder}), or choose another folder`,
    );
  }
  return { ...options, kept };
}

type Written = { readonly name: string; readonly tick: number; readonly bytes: number };

/** Keeps the latest checkpoints of a running simulation in a folder, on a schedule and on demand. */
class Checkpoints implements Part {
  readonly #engine: Engine;
  readonly #options: CheckpointFolder;
  /** whole ones of this folder, the latest first */
  readonly #names: string[];
  #order: number;
  #latest: { readonly name: string; readonly tick: number } | null;
  /** writes, one after the other */
  #tail: Promise<unknown> = Promise.resolve();
  #writing = 0;
  /** those that somebody wants to read, once for each who does */
  readonly #reading: string[] = [];
  /** what is done with files, one after the other: after a restore the same tick is written once more */
  #files: Promise<unknown> = Promise.resolve();
  #dueTick: number;
  #dueMs: number;
  /** the tick at which the state was last seen whole on disk, and interventions seen since then */
  #savedTick: number;
  #changed = false;
  #failedFor: string | null = null;

  constructor(engine: Engine, options: CheckpointFolder) {
    this.#engine = engine;
    this.#options = options;
    const whole = options.kept.filter(({ tick }) => tick !== null);
    this.#names = whole.map(({ name }) => name);
    this.#order = Math.max(0, ...whole.map(({ order }) => order));
    const { tick } = engine.net.state;
    // it went on from one of them, if there is any
    const latest = whole.find((kept) => kept.tick === tick);
    this.#latest = latest ? { name: latest.name, tick } : null;
    this.#savedTick = tick;
    this.#dueTick = this.#nextTick(tick);
    this.#dueMs = this.#nextMs();
  }

  #nextTick(tick: number): number {
    const { everyTicks } = this.#options;
    return everyTicks === undefined ? Number.POSITIVE_INFINITY : tick - (tick % everyTicks) + everyTicks;
  }

  #nextMs(): number {
    const { everySeconds } = this.#options;
    return everySeconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + everySeconds * 1000;
  }

  status() {
    return { checkpoint: this.#latest };
  }

  told({ kind, tick }: { readonly kind: string; readonly tick: number }): void {
    if (kind === "epoch") this.#dueTick = this.#nextTick(tick);
  }

  applied(): void {
    this.#changed = true;
  }

  ticked(): void {
    const { tick } = this.#engine.net.state;
    const due = tick >= this.#dueTick || performance.now() >= this.#dueMs;
    if (!due || this.#writing > 0) return;
    this.#dueTick = this.#nextTick(tick);
    this.#dueMs = this.#nextMs();
    // its failure is told; the simulation goes on
    void this.#write().catch(() => {});
  }

  command({ kind }: { readonly kind: string }) {
    return kind === "checkpoint" ? this.#write().then((written) => ({ ...written })) : null;
  }

  async checkpoint(name: string): Promise<Checkpoint> {
    const { folder } = this.#options;
    this.#reading.push(name);
    try {
      return await this.#inFolder(async () => {
        if (!isCheckpointName(name) || !existsSync(join(folder, `${name}.json`)))
          throw refuse("checkpoint", name, oneOf(this.#names));
        return readCheckpoint(join(folder, name));
      });
    } finally {
      this.#reading.splice(this.#reading.indexOf(name), 1);
    }
  }

  /** Works with files after those who do already. It must wait for no turn of the engine, which may wait for a read. */
  #inFolder<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#files.then(work);
    this.#files = done.catch(() => {});
    return done;
  }

  /** Writes a last one, unless nothing happened since the one before. */
  async close(): Promise<void> {
    await this.#tail;
    if (this.#changed || this.#engine.net.state.tick !== this.#savedTick) await this.#write().catch(() => {});
  }

  /** Writes after those that are under way; without any, the state as it is now, before the next tick. */
  #write(): Promise<Written> {
    const captured = this.#writing === 0 ? this.#engine.capture() : null;
    this.#writing += 1;
    const written = this.#tail.then(() => this.#writeNow(captured ?? this.#engine.capture()));
    this.#tail = written
      .catch((error: unknown) => this.#tellFailure(error))
      .finally(() => {
        this.#writing -= 1;
      });
    return written;
  }

  async #writeNow(captured: Promise<Checkpoint>): Promise<Written> {
    const checkpoint = await captured;
    this.#changed = false;
    const { tick } = checkpoint.snapshot.scalars;
    this.#savedTick = tick;
    checkFinite(checkpoint.snapshot);
    const name = checkpointName(tick);
    this.#order += 1;
    const progress = { ...progressOf(checkpoint), order: this.#order };
    const { bytes } = await this.#inFolder(() => this.#store(name, { ...checkpoint, progress }));
    this.#engine.tell({ kind: "checkpoint", tick, name });
    return { name, tick, bytes };
  }

  /** Writes the latest, and removes those that it makes superfluous. */
  async #store(name: string, checkpoint: Checkpoint): Promise<WrittenCheckpoint> {
    const { folder, keep = 3 } = this.#options;
    const written = await writeCheckpoint(join(folder, name), checkpoint);
    this.#latest = { name, tick: checkpoint.snapshot.scalars.tick };
    this.#failedFor = null;
    const older = this.#names.filter((other) => other !== name);
    const removable = older.slice(keep - 1).filter((other) => !this.#reading.includes(other));
    this.#names.splice(0, Number.POSITIVE_INFINITY, name, ...older.filter((o) => !removable.includes(o)));
    for (const old of removable) await removeCheckpoint(join(folder, old));
    return written;
  }

  /** Says once why none can be written. */
  #tellFailure(error: unknown): void {
    this.#changed = true;
    const reason = messageOf(error);
    const { tick } = this.#engine.net.state;
    // messages differ by names and ticks
    const kind = error instanceof EddyError ? error.code : reason;
    if (this.#failedFor !== kind) this.#engine.tell({ kind: "checkpointFailed", tick, reason });
    this.#failedFor = kind;
  }
}

/** The part that keeps checkpoints of a simulation. */
export const checkpoints = (engine: Engine, folder: CheckpointFolder): Part =>
  new Checkpoints(engine, folder);
