import { subtle } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EddyError, messageOf } from "../errors.js";
import { type CheckpointDescription, describedText, parseDescription } from "./checkpoint-description.js";
import { parseSafetensors, serialiseSafetensors } from "./safetensors.js";
import type { StateSnapshot } from "./state-snapshot.js";
import { saysFull, writeAtomically } from "./write-atomically.js";

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly run: unknown;
  readonly progress: unknown;
  readonly snapshot: StateSnapshot;
}

/** What writing one gave. */
export interface WrittenCheckpoint {
  /** of both halves */
  readonly bytes: number;
}

/** Of many bytes, beside this thread. */
const digestOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  Buffer.from(await subtle.digest("SHA-256", bytes)).toString("hex");

/** Removes what nobody needs; whatever keeps it from that is no failure of what was asked for. */
const clear = (path: string): Promise<void> => rm(path, { force: true }).catch(() => {});

/** The JSON half of a checkpoint: the name that users give, with .json if they left it out. */
export const checkpointPath = (name: string): string => (name.endsWith(".json") ? name : `${name}.json`);

/**
 * Checks, before hours of work, that a checkpoint can be written where it is wanted.
 * @throws EddyError FILE_INVALID when its folder is not there or not writable
 */
export async function checkCheckpointFolder(name: string): Promise<void> {
  const path = checkpointPath(name);
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    const reason = existsSync(folder) ? "is not writable" : "does not exist; make it first";
    throw new EddyError("FILE_INVALID", `checkpoint ${path}: its folder ${folder} ${reason}`, { cause });
  }
}

/** The file of tensors that a checkpoint of this name has, if it is its own. */
async function tensorsFileOf(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  try {
    const { tensors } = JSON.parse(await readFile(path, "utf8")) as { tensors?: { file?: unknown } };
    const file = tensors?.file;
    if (typeof file !== "string" || file !== basename(file)) return null;
    const own = file.startsWith(`${basename(path, ".json")}-`) && file.endsWith(".safetensors");
    return own ? join(dirname(path), file) : null;
  } catch {
    return null; // damaged: nothing says which tensors are its own, so they are left where they are
  }
}

/**
 * Writes a checkpoint as two files: NAME.json and, beside it, the safetensors that it names by their checksum. The one
 * before stays whole until the new one is complete.
 * @param name path of the JSON half, with or without .json
 * @throws EddyError FILE_INVALID, or NO_SPACE on a full disk, when it cannot be written; nothing is left of it then
 */
export async function writeCheckpoint(
  name: string,
  { run, progress, snapshot }: Checkpoint,
): Promise<WrittenCheckpoint> {
  const path = checkpointPath(name);
  const before = await tensorsFileOf(path);
  const bytes = serialiseSafetensors(snapshot.tensors);
  const digest = await digestOf(bytes);
  const file = `${basename(path, ".json")}-${digest.slice(0, 12)}.safetensors`;
  const tensors = join(dirname(path), file);
  const text = describedText({ run, progress, state: snapshot.scalars, tensors: { file, sha256: digest } });
  try {
    await writeAtomically(tensors, bytes);
    await writeAtomically(path, text);
  } catch (cause) {
    if (before !== tensors) await clear(tensors);
    const reason = messageOf(cause);
    throw new EddyError(
      saysFull(cause) ? "NO_SPACE" : "FILE_INVALID",
      `checkpoint ${path}: cannot be written: ${reason}; the one before it, if any, is untouched`,
      { cause },
    );
  }
  // the new one is whole; an old file that stays is only in the way
  if (before && before !== tensors) await clear(before);
  return { bytes: bytes.length + Buffer.byteLength(text) };
}

/** Removes both halves of a checkpoint; a kill in between leaves tensors that nothing names, never the other half. */
export async function removeCheckpoint(name: string): Promise<void> {
  const path = checkpointPath(name);
  const tensors = await tensorsFileOf(path);
  await clear(path);
  if (tensors) await clear(tensors);
}

async function read(path: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = missing ? "there is no such file" : String(cause);
    throw new EddyError(missing ? "FILE_NOT_FOUND" : "FILE_INVALID", `${what} ${path}: ${reason}`, { cause });
  }
}

/**
 * Reads the JSON half of a checkpoint and checks that it is whole.
 * @throws EddyError FILE_NOT_FOUND, FILE_INVALID or CHECKSUM_MISMATCH
 */
export async function readDescription(name: string): Promise<CheckpointDescription> {
  const path = checkpointPath(name);
  return parseDescription(await read(path, "checkpoint"), path);
}

/**
 * Reads a checkpoint and checks that it is whole.
 * @throws EddyError FILE_NOT_FOUND, FILE_INVALID or CHECKSUM_MISMATCH
 */
export async function readCheckpoint(name: string): Promise<Checkpoint> {
  const path = checkpointPath(name);
  const { run, progress, state, tensors } = await readDescription(path);
  const file = join(dirname(path), tensors.file);
  const bytes = await read(file, "tensors of the checkpoint");
  if ((await digestOf(bytes)) !== tensors.sha256) {
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `${file}: damaged: its checksum is not the one in ${path}; take an earlier checkpoint`,
    );
  }
  return { run, progress, snapshot: { scalars: state, tensors: parseSafetensors(bytes, file) } };
}
