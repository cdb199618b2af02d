import { createReadStream } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type JournalEntry, journalEntrySchema } from "./journal-entry.js";
import { journalFile } from "./run-folder.js";

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");

/** Bytes, as records of some topics have them, go as base64. */
const withBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { bytes: Buffer.from(value).toString("base64") } : value;

/** A line of a journal: the CRC-32 of the JSON as 8 hexadecimal digits, a space, the JSON. */
export function journalLine(entry: JournalEntry): string {
  const json = JSON.stringify(entry, withBytes);
  return `${checksum(json)} ${json}\n`;
}

/** The entry of a line, or why it is none. */
function entryOf(line: string): JournalEntry | string {
  const json = line.slice(9);
  if (line[8] !== " " || checksum(json) !== line.slice(0, 8)) return "does not match its checksum";
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return "is no JSON";
  }
  const entry = journalEntrySchema.safeParse(value);
  return entry.success ? entry.data : `is no entry of a journal: ${entry.error.issues[0]?.message}`;
}

/** Where a journal ends early: what stands there a crash cut off, or something damaged. */
export interface JournalCut {
  readonly line: number;
  readonly reason: string;
}

/** Pieces of text as lines; the last one, whatever it is, has no line feed. */
async function* linesOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.map((line) => `${line}\n`);
  }
  if (rest !== "") yield rest;
}

/**
 * Reads a journal, entry by entry, up to its last whole line.
 * @param pieces of its text
 * @returns where it was cut, or null
 */
export async function* journalEntries(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<JournalEntry, JournalCut | null> {
  let line = 0;
  for await (const text of linesOf(pieces)) {
    line += 1;
    const entry = text.endsWith("\n") ? entryOf(text.slice(0, -1)) : "was cut off";
    if (typeof entry === "string") return { line, reason: entry };
    yield entry;
  }
  return null;
}

/** The same, of the journal in the folder of a recording. */
export const readJournal = (folder: string): AsyncGenerator<JournalEntry, JournalCut | null> =>
  journalEntries(createReadStream(join(folder, journalFile), "utf8"));
