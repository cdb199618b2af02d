import { open } from "node:fs/promises";
import { join } from "node:path";
import { csvFormatRow, csvFormatRows } from "d3-dsv";
import { makeFolder } from "../make-folder.js";
import { readSamples, type StoredSamples } from "./read-arrays.js";
import { fieldsOf, recordsOf, type Selected, type StoredRecord } from "./selection.js";
import { topicPath } from "./zarr-metadata.js";

/** A topic's file: state.m1.csv. */
const fileOf = (topic: string): string => `${topicPath(topic).replace("/", ".")}.csv`;

/** The text of a value: nothing for what is not there, JSON for what has parts. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A line a sample: tick, epoch, and the units by their numbers. */
async function writeSamples(
  path: string,
  stored: StoredSamples,
  includes: Selected["includes"],
): Promise<void> {
  const { ticks, epochs, units } = stored;
  const file = await open(path, "w");
  try {
    await file.appendFile(`${csvFormatRow(["tick", "epoch", ...units.map((unit) => `u${unit}`)])}\n`);
    for await (const { first, count, values } of stored.chunks()) {
      const lines: string[] = [];
      for (let i = 0; i < count; i++) {
        const tick = ticks[first + i];
        if (!includes(tick)) continue;
        const numbers = values.subarray(i * units.length, (i + 1) * units.length);
        lines.push(csvFormatRow([tick, epochs[first + i], ...numbers].map(String)));
      }
      if (lines.length > 0) await file.appendFile(`${lines.join("\n")}\n`);
    }
  } finally {
    await file.close();
  }
}

async function writeRecords(path: string, records: readonly StoredRecord[]): Promise<void> {
  const fields = fieldsOf(records);
  const rows = records.map((record) => fields.map((field) => cell(record[field])));
  const file = await open(path, "w");
  await file.appendFile(`${csvFormatRows([fields, ...rows])}\n`).finally(() => file.close());
}

/**
 * Writes a file for each topic into a folder: tensors a line a sample, records a line each.
 * @returns paths of the files
 * @throws EddyError FILE_INVALID when the folder cannot be written
 */
export async function exportCsv(selected: Selected, folder: string): Promise<string[]> {
  makeFolder(folder);
  const written: string[] = [];
  const place = (topic: string): string => {
    const path = join(folder, fileOf(topic));
    written.push(path);
    return path;
  };
  for (const arrays of selected.arrays) {
    await writeSamples(place(arrays.topic), await readSamples(selected.folder, arrays), selected.includes);
  }
  for (const [topic, records] of await recordsOf(selected)) await writeRecords(place(topic), records);
  return written;
}
