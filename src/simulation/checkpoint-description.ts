import { createHash } from "node:crypto";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { validate } from "../model/validate.js";
import { scalarsSchema } from "./state-snapshot.js";

const descriptionSchema = z.strictObject({
  format: z.enum(["eddy-checkpoint/2", "eddy-checkpoint/3"]),
  /** the run as resolved */
  run: z.unknown(),
  /** how far it is; the writer's own */
  progress: z.unknown(),
  state: scalarsSchema,
  tensors: z.strictObject({ file: z.string().regex(/^[^/\\]+$/), sha256: z.string() }),
});

/** The JSON half of a checkpoint: all but the tensors. */
export type CheckpointDescription = z.output<typeof descriptionSchema>;

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

/** The checksum stands alone on the second line. */
const checksumLine = /^\{\n "sha256": "([0-9a-f]{64})",\n/;

/**
 * A description as text. Its second line has the SHA-256 of all other lines as they stand, so that whoever writes one
 * in another language need not print numbers as JavaScript does.
 */
export function describedText(description: Omit<CheckpointDescription, "format">): string {
  const text = `${JSON.stringify({ format: "eddy-checkpoint/3", ...description }, null, 1)}\n`;
  return text.replace("{\n", `{\n "sha256": "${sha256(text)}",\n`);
}

/** The checksum of a description is its own. */
function isWhole(text: string, json: Record<string, unknown>): boolean {
  if (json.format === "eddy-checkpoint/3") {
    const [line, digest] = checksumLine.exec(text) ?? [];
    return line !== undefined && sha256(`{\n${text.slice(line.length)}`) === digest;
  }
  // of all the other fields, as JSON without white space
  const { sha256: digest, ...content } = json;
  return sha256(JSON.stringify(content)) === digest;
}

/**
 * Reads a description and checks that it is whole.
 * @param path of its file, for messages
 * @throws EddyError FILE_INVALID or CHECKSUM_MISMATCH
 */
export function parseDescription(bytes: Uint8Array, path: string): CheckpointDescription {
  // bytes that are no UTF-8 become others, which the checksum tells
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
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
    !/^eddy-checkpoint\/[23]$/.test(String(json.format))
  ) {
    throw new EddyError(
      "FILE_INVALID",
      `checkpoint ${path}: not a checkpoint of Eddy; give the JSON file that --checkpoint or --checkpoints wrote`,
    );
  }
  const { sha256: _digest, ...content } = json as Record<string, unknown>;
  const description = validate(descriptionSchema, content, path);
  if (!isWhole(text, json as Record<string, unknown>)) {
    throw new EddyError(
      "CHECKSUM_MISMATCH",
      `checkpoint ${path}: damaged: its content does not match its checksum; take an earlier one`,
    );
  }
  return description;
}
