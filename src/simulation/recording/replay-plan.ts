import { existsSync } from "node:fs";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import { checkpointPath } from "../checkpoint.js";
import { type JournalCut, readJournal } from "./journal-lines.js";
import { checkpointsFolder, startCheckpoint } from "./run-folder.js";

/** Where a replay begins, and how far it goes. */
export interface ReplayPlan {
  /** path of the checkpoint */
  readonly checkpoint: string;
  /** its tick */
  readonly tick: number;
  /** entries of the journal that lie before it */
  readonly skipped: number;
  /** ticks to make from there */
  readonly ticks: number;
  /** why the recording ended; null: the journal does not say, since a crash cut it */
  readonly ended: string | null;
  readonly cut: JournalCut | null;
}

interface Begin {
  readonly checkpoint: string;
  readonly tick: number;
  readonly skipped: number;
  /** ticks made when it was written */
  readonly made: number;
}

/**
 * Reads the journal of a recording once, to see where a replay can begin.
 * @param folder of the recording
 * @param from the tick that has to be replayed; null: all of them
 * @throws EddyError INVALID_ARGUMENT when the recording has no such tick, FILE_INVALID when its journal has no beginning
 */
export async function planReplay(folder: string, from: number | null): Promise<ReplayPlan> {
  let begin: Begin | null = null;
  let first = 0;
  let tick = 0;
  let made = 0;
  let entries = 0;
  let passed = false;
  let ended: string | null = null;
  const journal = readJournal(folder);
  let next = await journal.next();
  for (; !next.done; next = await journal.next()) {
    const entry = next.value;
    entries += 1;
    // records of a topic come when they have been read back
    if (entry.kind === "record") continue;
    if (entry.kind === "begin") {
      first = entry.tick;
      begin = { checkpoint: join(folder, startCheckpoint), tick: first, skipped: entries, made: 0 };
      tick = first;
    }
    // a restore takes ticks back, and its epoch says to where
    if (entry.kind !== "epoch") made += Math.max(0, entry.tick - tick);
    tick = entry.tick;
    if (from !== null && tick > from) passed = true;
    if (entry.kind === "end") ended = entry.reason;
    if (entry.kind !== "checkpoint" || from === null || passed) continue;
    const path = join(folder, checkpointsFolder, entry.name);
    // some are gone again, and the last may not have come to be
    if (existsSync(checkpointPath(path))) begin = { checkpoint: path, tick, skipped: entries, made };
  }
  if (!begin)
    throw new EddyError(
      "FILE_INVALID",
      `recording ${folder}: its journal has no beginning; nothing was recorded`,
    );
  if (from !== null && (from < first || (from > tick && !passed))) {
    throw new EddyError("INVALID_ARGUMENT", `from: given ${from}, needed a tick from ${first} to ${tick}`);
  }
  return { ...begin, ticks: made - begin.made, ended, cut: next.value };
}
