import { existsSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { EddyError } from "../../errors.js";
import { readInstallation } from "../../kernels/tensorflow-folder.js";
import { makeFolder } from "../../simulation/make-folder.js";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Removes what is in nobody's way: where that fails, it stays for the next setup to try. */
function removeIfPossible(path: string): void {
  try {
    remove(path);
  } catch {
    // neither what is set up nor what is being built depends on it
  }
}

/**
 * Clears what runs that are over have left beside the folder, logs included; one that was moved away goes back to its
 * place.
 */
function clearLeftovers(folder: string): void {
  const parent = dirname(folder);
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const entry of readdirSync(parent)) {
    if (!entry.startsWith(`${basename(folder)}.`)) continue;
    const [, kind, pid] = /^\.(new|old|log)-(\d+)$/.exec(entry.slice(basename(folder).length)) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, entry);
    if (kind === "old" && !existsSync(folder)) renameSync(path, folder);
    else removeIfPossible(path);
  }
}

/** Whatever was not made by Eddy is not replaced. @throws EddyError FILE_EXISTS */
function checkPlace(folder: string): void {
  if (!existsSync(folder) || readInstallation(folder) !== null) return;
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) return;
  throw new EddyError(
    "FILE_EXISTS",
    `${folder} exists and was not made by eddy setup tensorflow; choose another --folder, or remove it`,
  );
}

/** Free bytes where a folder is or will be. */
function freeBytes(folder: string): number {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** @throws EddyError NO_SPACE */
export function checkSpace(folder: string, bytesNeeded: number): void {
  const free = freeBytes(folder);
  if (free >= bytesNeeded) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new EddyError(
    "NO_SPACE",
    `${folder}: ${gigabytes(free)} are free there, needed ${gigabytes(bytesNeeded)} while it is built; free some, or choose another --folder`,
  );
}

/** A folder beside the one that is to be, in which it is built. */
export interface Staging {
  /** where to build */
  readonly path: string;
  /** Puts what was built in its place; what was there before stays until then. */
  commit(): void;
  /** Removes what was built; does nothing after a commit. */
  discard(): void;
}

/**
 * Makes room beside a folder.
 * @throws EddyError FILE_EXISTS, NO_SPACE, SETUP_FAILED when it cannot be written there
 */
export function stage(folder: string, bytesNeeded: number): Staging {
  checkPlace(folder);
  clearLeftovers(folder);
  checkSpace(folder, bytesNeeded);
  const path = `${folder}.new-${process.pid}`;
  const old = `${folder}.old-${process.pid}`;
  try {
    makeFolder(path);
  } catch (error) {
    throw new EddyError("SETUP_FAILED", `${folder}: cannot be made (${(error as Error).message})`, {
      cause: error,
    });
  }
  return {
    path,
    commit() {
      const replaces = existsSync(folder);
      if (replaces) renameSync(folder, old);
      try {
        renameSync(path, folder);
      } catch (error) {
        if (replaces) renameSync(old, folder);
        throw error;
      }
      removeIfPossible(old);
    },
    discard: () => remove(path),
  };
}
