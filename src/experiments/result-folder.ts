import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EddyError } from "../errors.js";
import { strictObject } from "../model/validate.js";
import { makeFolder } from "../simulation/make-folder.js";
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
  diverged: z
    .array(strictObject({ cell: z.string(), why: z.string() }))
    .default([])
    .describe("finished cells whose numbers overflowed"),
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

/** What `run.json` holds; null where it is no record of ours, of whatever version. */
async function ownRecord(path: string): Promise<unknown> {
  const value: unknown = await readFile(path, "utf8")
    .then(JSON.parse)
    .catch(() => null);
  const format = typeof value === "object" && value !== null && "format" in value ? value.format : null;
  return typeof format === "string" && format.startsWith("eddy-result/") ? value : null;
}

/** Reads `run.json`. @returns null where there is none @throws EddyError FILE_INVALID */
export async function readRecord(folder: string): Promise<ResultRecord | null> {
  const path = join(folder, resultFiles.record);
  if (!existsSync(path)) return null;
  const parsed = recordSchema.safeParse(await ownRecord(path));
  if (parsed.success) return parsed.data;
  throw new EddyError("FILE_INVALID", `${path}: not the record of a result of this version of Eddy`, {
    cause: parsed.error,
  });
}

export const writeRecord = (folder: string, record: ResultRecord): Promise<void> =>
  writeAtomically(join(folder, resultFiles.record), `${JSON.stringify(record, null, 2)}\n`);

/** A value as messages show it, and not all of a long one. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The first place where two values differ, or null. */
export function difference(a: unknown, b: unknown, path = ""): string | null {
  if (a === b) return null;
  const objects = [a, b].every((value) => typeof value === "object" && value !== null);
  if (!objects) return `${path || "it"} is ${shown(a)} there and ${shown(b)} here`;
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = difference(left[key], right[key], path === "" ? key : `${path}.${key}`);
    if (found) return found;
  }
  return null;
}

/** Whether a file is of a result, or what a crash left of the writing of one. */
function isOwn(name: string): boolean {
  const own: readonly string[] = [...Object.values(resultFiles), unfinishedFile];
  return own.includes(name.replace(/\.part$/, "")) || name.startsWith(partialPrefix);
}

/** Removes what a result consists of, and nothing else; the record last, which says whose the rest is. */
async function clear(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (isOwn(name) && name !== resultFiles.record) await rm(join(folder, name));
  }
  await rm(join(folder, resultFiles.record), { force: true });
}

/** Removes what a finished cell kept while it was under way. */
export async function clearPartial(folder: string, cell: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${partialPrefix}${cell}`)) await rm(join(folder, name), { force: true });
  }
}

/** Nothing is unfinished any more. */
export const clearUnfinished = (folder: string): Promise<void> => rm(finishedPath(folder), { force: true });

/** The record in a folder; null where there is none, or one that is to be replaced anyway. */
async function foundRecord(folder: string, force: boolean): Promise<ResultRecord | null> {
  try {
    return await readRecord(folder);
  } catch (error) {
    if (force) return null;
    throw error;
  }
}

/**
 * Makes a folder ready for a result, new or to be gone on with.
 * @param force start anew where there is a result of another description, or one that cannot be read
 * @returns the record of the result that is there, if it is of this description
 * @throws EddyError FILE_EXISTS when there is a result of another description, or anything else
 */
export async function openFolder(
  folder: string,
  description: Description,
  force: boolean,
): Promise<ResultRecord | null> {
  makeFolder(folder);
  const path = join(folder, resultFiles.record);
  const foreign = existsSync(path) && (await ownRecord(path)) === null;
  if (foreign || !(await readdir(folder)).every(isOwn))
    throw new EddyError("FILE_EXISTS", `${folder}: has other files; choose another --out for the result`);
  const found = await foundRecord(folder, force);
  const differs = found && difference(found.description, JSON.parse(JSON.stringify(description)));
  if (found && differs === null) return found;
  if (found && !force) {
    throw new EddyError(
      "FILE_EXISTS",
      `${folder}: has a result of another description: ${differs}; choose another --out, or replace it with --force`,
    );
  }
  await clear(folder);
  return null;
}
