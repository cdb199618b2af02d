import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EddyError } from "../../errors.js";
import { validate } from "../../model/validate.js";

const count = z.int().min(0);

/** How a topic of tensors lies in a recording. */
const arraysSchema = z.strictObject({
  topic: z.string(),
  /** of its group in arrays.zarr */
  path: z.string(),
  every: z.int().min(1),
  /** which units: [start, end), every n-th */
  units: z.strictObject({ start: count, end: count, every: z.int().min(1) }),
  row: z.union([count, z.literal("mean")]),
});

/** run.json of a recording. */
const runFileSchema = z.strictObject({
  format: z.literal("eddy-recording/1"),
  eddy: z.string(),
  /** the run as resolved, every default filled in */
  run: z.unknown(),
  backend: z.string(),
  /** the backend gives the same bits wherever it runs */
  exact: z.boolean(),
  hashes: z.enum(["phases", "ticks"]),
  /** tick and epoch at which it began */
  tick: count,
  epoch: z.string(),
  arrays: z.array(arraysSchema),
  /** topics of records, whose lines are in the journal */
  records: z.array(z.string()),
});

/** What a recording says of itself. */
export type RecordingDescription = z.output<typeof runFileSchema>;
/** How a topic of tensors was recorded. */
export type RecordedArrays = z.output<typeof arraysSchema>;

/** Names within the folder of a recording. */
export const runFile = "run.json";
export const journalFile = "journal.jsonl";
export const arraysFolder = "arrays.zarr";
export const checkpointsFolder = "checkpoints";
/** Name of the checkpoint with which it begins. */
export const startCheckpoint = "start";

/**
 * Reads what a recording says of itself.
 * @throws EddyError FILE_NOT_FOUND or FILE_INVALID when it is none
 */
export async function readRecordingDescription(folder: string): Promise<RecordingDescription> {
  const path = join(folder, runFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EddyError(
      "FILE_NOT_FOUND",
      `recording ${folder}: there is no ${runFile} in it; give the folder that eddy record wrote`,
      { cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EddyError("FILE_INVALID", `${path}: damaged: not JSON`, { cause });
  }
  return validate(runFileSchema, value, path);
}
