import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EddyError } from "../errors.js";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const refusal = (folder: string, reason: string, cause?: unknown): EddyError =>
  new EddyError("FILE_INVALID", `${folder}: this folder cannot be written: ${reason}`, { cause });

/** What an error of the file system says of a folder that there is, or is to be. */
function reasonOf(path: string, error: unknown): string {
  switch (codeOf(error)) {
    case "EACCES":
    case "EPERM":
      return `${path} is not writable; choose another, or change its permissions`;
    case "EROFS":
      return `${path} is on a read-only file system; choose another`;
    case "ENOSPC":
    case "EDQUOT":
      return `the disk of ${path} is full; free some, or choose another`;
    case "ENOENT":
      return `${path} takes no folders; choose another`;
    default:
      return `${error instanceof Error ? error.message : error}; choose another`;
  }
}

/** Whether there is a folder. @throws EddyError FILE_INVALID where something else is in its place, or nobody can say */
function isThere(folder: string, path: string): boolean {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // it would lie in a file, which is found next
    if (codeOf(error) === "ENOTDIR") return false;
    throw refusal(folder, reasonOf(path, error), error);
  }
  if (found === undefined) return false;
  if (found.isDirectory()) return true;
  throw refusal(folder, `${path} is a file where a folder is needed; choose another`);
}

/** Makes one folder in one that there is. */
function makeOne(folder: string, path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw refusal(folder, reasonOf(dirname(path), error), error);
    // somebody else has made it meanwhile, or it is a link to nothing
    if (!isThere(folder, path)) throw refusal(folder, `${path} is a link to nothing; choose another`, error);
  }
}

/**
 * Makes a folder and those that it lies in, where they are not there, one after the other: Node's own way
 * (`recursive`) never returns where a file system that has no room for folders says ENOENT, as /proc does.
 * @throws EddyError FILE_INVALID with what stands in its way, also when it is there and not writable
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !isThere(folder, path); path = dirname(path)) missing.push(path);
  for (const path of missing.reverse()) makeOne(folder, path);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw refusal(folder, reasonOf(folder, error), error);
  }
}
