import { createHash } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { access, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { validate } from "../model/validate.js";
import { parseSafetensors, serialiseSafetensors } from "./safetensors.js";
import { type StateSnapshot, scalarsSchema } from "./state-snapshot.js";
import { writeAtomically } from "./write-atomically.js";

const checkpointSchema = z.strictObject({
  format: z.literal("eddy-checkpoint/2"),
  /** the run as resolved */
  run: z.unknown(),
  /** how far it is; the writer's own */
  progress: z.unknown(),
  state: scalarsSchema,
  tensors: z.strictObject({ file: z.string().regex(/^[^/\\]+$/), sha256: z.string() }),
  /** of all the other fields, as JSON without white space */
  sha256: z.string(),
});

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly run: unknown;
  readonly progress: unknown;
  readonly snapshot: StateSnapshot;
}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

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
 * @throws EddyError FILE_INVALID when it cannot be written; nothing is left of it then
 */
export async function writeCheckpoint(name: string, { run, progress, snapshot }: Checkpoint): Promise<void> {
  const path = checkpointPath(name);
  const before = await tensorsFileOf(path);
  const bytes = serialiseSafetensors(snapshot.tensors);
  const digest = sha256(bytes);
  const file = `${basename(path, ".json")}-${digest.slice(0, 12)}.safetensors`;
  const tensors = join(dirname(path), file);
  const content = {
    format: "eddy-checkpoint/2",
    run,
    progress,
    state: snapshot.scalars,
    tensors: { file, sha256: digest },
  };
  const json = { ...content, sha256: sha256(JSON.stringify(content)) };
  try {
    await writeAtomically(tensors, bytes);
    await writeAtomically(path, `${JSON.stringify(json, null, 1)}\n`);
  } catch (cause) {
    if (before !== tensors) await clear(tensors);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EddyError(
      "FILE_INVALID",
      `checkpoint ${path}: cannot be written: ${reason}; the one before it, if any, is untouched`,
      { cause },
    );
  }
  // the new one is whole; an old file that stays is only in the way
  if (before && before !== tensors) await clear(before);
}

async function read(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = missing ? "there is no such file" : String(cause);
    throw new EddyError(missing ? "FILE_NOT_FOUND" : "FILE_INVALID", `${what} ${path}: ${reason}`, { cause });
  }
}

/**
 * Reads a checkpoint and checks that it is whole.
 * @throws EddyError FILE_NOT_FOUND, FILE_INVALID or CHECKSUM_MISMATCH
 */
export async function readCheckpoint(name: string): Promise<Checkpoint> {
  const path = checkpointPath(name);
  const text = new TextDecoder().decode(await read(path, "checkpoint"));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EddyError(
      "FILE_INVALID",
      `checkpoint ${path}: damaged: not JSON; was it cut off? Take an earlier one`,
      { cause },
    );
  }
  if (
    typeof json !== "object" ||
    json === null ||
    !("format" in json) ||
    json.format !== "eddy-checkpoint/2"
  ) {
    throw new EddyError(
      "FILE_INVALID",
      `checkpoint ${path}: not a checkpoint of Eddy; give the JSON file that --checkpoint wrote`,
    );
  }
  const { run, progress, state, tensors } = validate(checkpointSchema, json, path);
  const { sha256: digest, ...content } = json as Record<string, unknown>;
  if (sha256(JSON.stringify(content)) !== digest) {
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `checkpoint ${path}: damaged: its content does not match its checksum; take an earlier one`,
    );
  }
  const file = join(dirname(path), tensors.file);
  const bytes = await read(file, "tensors of the checkpoint");
  if (sha256(bytes) !== tensors.sha256) {
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `${file}: damaged: its checksum is not the one in ${path}; take an earlier checkpoint`,
    );
  }
  return { run, progress, snapshot: { scalars: state, tensors: parseSafetensors(bytes, file) } };
}
