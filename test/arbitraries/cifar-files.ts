import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cifarFiles } from "../../src/streams/tasks/image-set.js";

export const recordBytes = 3073;

/** The record with this number of a file: a class, then pixels that tell record, channel and place. */
export function cifarRecord(file: number, item: number): Uint8Array {
  const record = Uint8Array.from({ length: recordBytes }, (_, at) => (31 * item + 101 * file + 7 * at) % 256);
  record[0] = (3 * item + file) % 10;
  return record;
}

/** A file of some records. */
export const cifarFile = (file: number, records: number): Uint8Array =>
  Buffer.concat(Array.from({ length: records }, (_, item) => cifarRecord(file, item)));

/** Writes the six files of a set, with so many records each; the test file is number 5. */
export function writeCifar(directory: string, records: readonly number[]): void {
  mkdirSync(directory, { recursive: true });
  for (const [file, name] of [...cifarFiles.training, ...cifarFiles.test].entries())
    writeFileSync(join(directory, name), cifarFile(file, records[file]));
}
