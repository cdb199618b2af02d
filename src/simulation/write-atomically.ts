import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Whether an error, or what it came of, says that the disk, or the user's part of it, is full. */
export function saysFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : null;
  return code === "ENOSPC" || code === "EDQUOT" || saysFull(error.cause);
}

/**
 * Writes a whole file or nothing: temporary file, fsync, rename, fsync of the folder.
 * @throws Error of the file system; the file before, if any, is untouched then
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.part`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // whatever keeps it from being removed is no failure of what was asked for
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  if (process.platform === "win32") return;
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}
