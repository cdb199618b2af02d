import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { strictObject } from "../model/validate.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import { formNames } from "./forms.js";
import { studySchema } from "./study.js";

/** What was asked for: two results of one description hold the same numbers, where the backend is exact. */
const descriptionSchema = strictObject({
  experiment: z.string(),
  form: z.enum(formNames),
  studies: z.record(z.string(), studySchema),
  backend: z.string(),
});

export type Description = z.output<typeof descriptionSchema>;

/** What a result was made with and on. */
const originSchema = strictObject({
  command: z.string().describe("that makes it again"),
  eddy: z.string(),
  node: z.string(),
  machine: z.record(z.string(), z.unknown()),
});

export type Origin = z.output<typeof originSchema>;

const recordSchema = strictObject({
  format: z.literal("eddy-result/1"),
  title: z.string(),
  source: z.string(),
  ...originSchema.shape,
  description: descriptionSchema,
  jobs: z.int().min(1).describe("cells measured at once"),
  cells: strictObject({ finished: z.int().min(0), all: z.int().min(0) }),
  seconds: z.number().min(0).describe("that the finished cells took, summed"),
  started: z.string(),
  changed: z.string(),
});

/** `run.json` of a result. */
export type ResultRecord = z.output<typeof recordSchema>;

/** The files of a result. */
export const resultFiles = {
  record: "run.json",
  data: "data.csv",
  svg: "figure.svg",
  png: "figure.png",
  report: "report.md",
} as const;

/** Finished cells of a result that is not complete yet, a line each. */
const unfinishedFile = "cells.jsonl";
const partialPrefix = "partial-";

export const finishedPath = (folder: string): string => join(folder, unfinishedFile);
export const partialPath = (folder: string, cell: string): string => join(folder, `${partialPrefix}${cell}`);

/** Reads `run.json`. @returns null where there is none @throws EddyError FILE_INVALID */
export async function readRecord(folder: string): Promise<ResultRecord | null> {
  const path = join(folder, resultFiles.record);
  if (!existsSync(path)) return null;
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new EddyError("FILE_INVALID", `${path}: not the record of a result of this version of Eddy`, {
      cause,
    });
  }
}

export const writeRecord = (folder: string, record: ResultRecord): Promise<void> =>
  writeAtomically(join(folder, resultFiles.record), `${JSON.stringify(record, null, 2)}\n`);

/** The first place where two values differ, or null. */
export function difference(a: unknown, b: unknown, path = ""): string | null {
  if (a === b) return null;
  const objects = [a, b].every((value) => typeof value === "object" && value !== null);
  if (!objects)
    return `${path || "it"} is ${JSON.stringify(a) ?? "absent"} there and ${JSON.stringify(b) ?? "absent"} here`;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = difference(left[key], right[key], path === "" ? key : `${path}.${key}`);
    if (found) return found;
  }
  return null;
}

/** Removes what a result consists of, and nothing else. */
async function clear(folder: string): Promise<void> {
  const own = new Set<string>([...Object.values(resultFiles), unfinishedFile]);
  for (const name of await readdir(folder)) {
    if (own.has(name) || name.startsWith(partialPrefix)) await rm(join(folder, name));
  }
}

/** Removes what a finished cell kept while it was under way. */
export async function clearPartial(folder: string, cell: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${partialPrefix}${cell}`)) await rm(join(folder, name), { force: true });
  }
}

/** Nothing is unfinished any more. */
export const clearUnfinished = (folder: string): Promise<void> => rm(finishedPath(folder), { force: true });

/**
 * Makes a folder ready for a result, new or to be gone on with.
 * @param force start anew where there is a result of another description
 * @returns the record of the result that is there, if it is of this description
 * @throws EddyError FILE_EXISTS when there is a result of another description, or anything else
 */
export async function openFolder(
  folder: string,
  description: Description,
  force: boolean,
): Promise<ResultRecord | null> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EddyError("FILE_INVALID", `${folder}: no folder can be made there: ${reason}`, { cause });
  }
  const found = force ? null : await readRecord(folder);
  if (found) {
    const differs = difference(found.description, JSON.parse(JSON.stringify(description)));
    if (differs === null) return found;
    throw new EddyError(
      "FILE_EXISTS",
      `${folder}: has a result of another description: ${differs}; choose another --out, or replace it with --force`,
    );
  }
  if (force && existsSync(join(folder, resultFiles.record))) await clear(folder);
  else if ((await readdir(folder)).length > 0)
    throw new EddyError("FILE_EXISTS", `${folder}: has other files; choose another --out for the result`);
  return null;
}
