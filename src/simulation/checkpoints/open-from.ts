import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { EddyError } from "../../errors.js";
import { type Checkpoint, checkpointPath, readCheckpoint } from "../checkpoint.js";
import { latestCheckpoint, type PassedOver } from "./kept-checkpoints.js";

/** The checkpoint that a simulation goes on from. */
export interface OpenedFrom {
  /** of its JSON half */
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** later ones of its folder that are damaged */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Reads what a simulation is to go on from.
 * @param from path of a checkpoint, or of a folder of checkpoints: its latest that is whole
 * @throws EddyError FILE_NOT_FOUND, FILE_INVALID or CHECKSUM_MISMATCH
 */
export async function openFrom(from: string): Promise<OpenedFrom> {
  const isFolder = await stat(from).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    const path = checkpointPath(from);
    if (!existsSync(path))
      throw new EddyError(
        "FILE_NOT_FOUND",
        `checkpoint ${from}: there is neither a file ${path} nor a folder ${from}; needed a checkpoint or a folder of them`,
      );
    return { path, checkpoint: await readCheckpoint(path), passedOver: [] };
  }
  const latest = await latestCheckpoint(from);
  if (latest) return latest;
  throw new EddyError("FILE_NOT_FOUND", `checkpoints in ${from}: there are none`);
}
