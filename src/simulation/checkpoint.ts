import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { validate } from "../model/validate.js";
import { parseSafetensors, serialiseSafetensors } from "./safetensors.js";
import { type StateSnapshot, scalarsSchema } from "./state-snapshot.js";

const checkpointSchema = z.strictObject({
  format: z.literal("eddy-checkpoint/1"),
  /** the run as resolved */
  run: z.unknown(),
  /** how far it is; the writer's own */
  progress: z.unknown(),
  state: scalarsSchema,
  tensors: z.strictObject({ file: z.string().regex(/^[^/\\]+$/), sha256: z.string() }),
});

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly run: unknown;
  readonly progress: unknown;
  readonly snapshot: StateSnapshot;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Writes a whole file or nothing: temporary file, fsync, rename, fsync of the folder. */
async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.part`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  if (process.platform === "win32") return;
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}

/** The JSON half of a checkpoint: the name that users give, with .json if they left it out. */
export const checkpointPath = (name: string): string => (name.endsWith(".json") ? name : `${name}.json`);

async function tensorsFileOf(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  try {
    const { tensors } = JSON.parse(await readFile(path, "utf8")) as { tensors?: { file?: unknown } };
    return typeof tensors?.file === "string" ? join(dirname(path), basename(tensors.file)) : null;
  } catch {
    return null;
  }
}

/**
 * Writes a checkpoint as two files: NAME.json and, beside it, the safetensors that it names by their checksum. The one
 * before stays whole until the new one is complete.
 * @param name path of the JSON half, with or without .json
 */
export async function writeCheckpoint(name: string, { run, progress, snapshot }: Checkpoint): Promise<void> {
  const path = checkpointPath(name);
  const before = await tensorsFileOf(path);
  const bytes = serialiseSafetensors(snapshot.tensors);
  const digest = sha256(bytes);
  const file = `${basename(path, ".json")}-${digest.slice(0, 12)}.safetensors`;
  const tensors = join(dirname(path), file);
  try {
    await writeAtomically(tensors, bytes);
    const json = {
      format: "eddy-checkpoint/1",
      run,
      progress,
      state: snapshot.scalars,
      tensors: { file, sha256: digest },
    };
    await writeAtomically(path, new TextEncoder().encode(`${JSON.stringify(json, null, 1)}\n`));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EddyError("FILE_INVALID", `checkpoint ${path}: cannot be written: ${reason}`, { cause });
  }
  if (before && before !== tensors) await rm(before, { force: true });
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
    throw new EddyError("FILE_INVALID", `checkpoint ${path}: not JSON; was it cut off?`, { cause });
  }
  const { run, progress, state, tensors } = validate(checkpointSchema, json, path);
  const file = join(dirname(path), tensors.file);
  const bytes = await read(file, "tensors of the checkpoint");
  if (sha256(bytes) !== tensors.sha256) {
    throw new EddyError("CHECKSUM_MISMATCH", `${file}: damaged: its checksum is not the one in ${path}`);
  }
  return { run, progress, snapshot: { scalars: state, tensors: parseSafetensors(bytes, file) } };
}
