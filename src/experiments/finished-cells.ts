import { open, readFile } from "node:fs/promises";
import { z } from "zod";
import type { Cell } from "./cells.js";
import { valueSchema } from "./measure.js";
import type { CellResult } from "./run-cell.js";

const lineSchema = z.strictObject({
  id: z.string(),
  seconds: z.number(),
  rows: z.array(z.record(z.string(), valueSchema)),
  diverged: z.string().nullable().default(null),
});

/** JSON has no NaN and no infinities; a number that is none has nothing to say. */
const finite = (_key: string, given: unknown): unknown =>
  typeof given === "number" && !Number.isFinite(given) ? null : given;

/** Reads a line; null for one that a crash cut off. */
function parse(line: string): z.output<typeof lineSchema> | null {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Reads what was finished before; lines that a crash cut off are left out, so their cells are measured again. */
export async function readFinished(path: string): Promise<Map<string, CellResult>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const found = text.split("\n").flatMap((line) => parse(line) ?? []);
  return new Map(found.map(({ id, ...result }) => [id, result]));
}

/** Adds a finished cell, and returns once it is on the disk. One at a time: lines must not mix. */
export async function appendFinished(
  path: string,
  { id }: Cell,
  { rows, seconds, diverged }: CellResult,
): Promise<void> {
  const file = await open(path, "a");
  try {
    // a line of its own, whatever a crash left before it
    await file.writeFile(`\n${JSON.stringify({ id, seconds, rows, diverged }, finite)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
