import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { EddyError, messageOf } from "../../errors.js";
import { type Checkpoint, readCheckpoint, readDescription } from "../checkpoint.js";
import { progressOf } from "../live-progress.js";
import { makeFolder } from "../make-folder.js";

const namePattern = /^tick-\d{12,}$/;

/** The name of the checkpoint of a tick. */
export const checkpointName = (tick: number): string => `tick-${String(tick).padStart(12, "0")}`;

/** Whether it is such a name, and thus no path. */
export const isCheckpointName = (name: string): boolean => namePattern.test(name);

/** A checkpoint of a folder, as far as its JSON half says. */
export interface KeptCheckpoint {
  readonly name: string;
  /** null: damaged */
  readonly tick: number | null;
  /** the file of its other half; null: damaged */
  readonly tensors: string | null;
  /** counts those that were written into this folder; ticks may begin anew */
  readonly order: number;
}

/** A checkpoint that was passed over, and why. */
export interface PassedOver {
  readonly name: string;
  readonly reason: string;
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new EddyError(
      missing ? "FILE_NOT_FOUND" : "FILE_INVALID",
      `checkpoints in ${folder}: ${missing ? "there is no such folder" : messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * The checkpoints of a folder, the latest written first. Those whose JSON half is damaged may be the latest, so they
 * come before all.
 * @throws EddyError FILE_NOT_FOUND when there is no such folder
 */
export async function keptCheckpoints(folder: string): Promise<KeptCheckpoint[]> {
  const names = (await filesOf(folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .filter(isCheckpointName);
  const kept = await Promise.all(
    names.map(async (name): Promise<KeptCheckpoint> => {
      try {
        const { state, progress, tensors } = await readDescription(join(folder, name));
        return { name, tick: state.tick, tensors: tensors.file, order: progressOf({ progress }).order };
      } catch {
        return { name, tick: null, tensors: null, order: Number.POSITIVE_INFINITY };
      }
    }),
  );
  const later = (a: KeptCheckpoint, b: KeptCheckpoint) =>
    a.order === b.order ? (a.name < b.name ? 1 : -1) : b.order - a.order;
  return kept.sort(later);
}

/** The latest whole checkpoint of a folder. */
export interface LatestCheckpoint {
  readonly name: string;
  /** of its JSON half */
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** later ones that are damaged */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Reads the latest checkpoint of a folder that is whole, and tells which later ones were not.
 * @returns null when there is none at all
 * @throws EddyError FILE_NOT_FOUND when there is no such folder, CHECKSUM_MISMATCH when none of them is whole
 */
export async function latestCheckpoint(folder: string): Promise<LatestCheckpoint | null> {
  const passedOver: PassedOver[] = [];
  for (const { name } of await keptCheckpoints(folder)) {
    const path = join(folder, `${name}.json`);
    try {
      return { name, path, checkpoint: await readCheckpoint(path), passedOver };
    } catch (error) {
      passedOver.push({ name, reason: messageOf(error) });
    }
  }
  const [first] = passedOver;
  if (!first) return null;
  throw new EddyError(
    "CHECKSUM_MISMATCH",
    `checkpoints in ${folder}: none of ${passedOver.length} is whole; the latest: ${first.reason}`,
  );
}

/**
 * Makes the folder if it is not there, and clears it of what a kill in the middle of a write left.
 * @throws EddyError FILE_INVALID when it cannot be made
 */
export async function prepareFolder(folder: string): Promise<KeptCheckpoint[]> {
  makeFolder(folder);
  const kept = await keptCheckpoints(folder);
  const whose = /^(tick-\d{12,})(-[0-9a-f]{12}\.safetensors(\.part)?|\.json\.part)$/;
  const named = new Set(kept.map(({ tensors }) => tensors));
  // a damaged one does not say which tensors are its own, so all that may be stay
  const damaged = new Set(kept.filter(({ tensors }) => tensors === null).map(({ name }) => name));
  for (const file of await filesOf(folder)) {
    const [, name] = whose.exec(file) ?? [];
    if (name === undefined || named.has(file) || damaged.has(name)) continue;
    await rm(join(folder, file), { force: true }).catch(() => {});
  }
  return kept;
}
