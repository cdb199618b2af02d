import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { EddyError } from "../../errors.js";

/** The files of a set, and where they may lie. */
export interface ImageFiles {
  /** of the set */
  readonly name: string;
  /** as its publisher names them */
  readonly files: readonly string[];
  /** folders beside the one of the set's name, in which the publisher's archive unpacks */
  readonly folders: readonly string[];
  /** other names that a file may have, in the order in which they are looked for */
  readonly spellings: (file: string) => readonly string[];
}

/**
 * The paths of a set's files, all from one folder, so that two sets never mix.
 * @returns by the publisher's names
 * @throws EddyError DATA_MISSING that says where it looked and how to get them
 */
export function locateFiles(
  { name, files, folders, spellings }: ImageFiles,
  directory: string,
): ReadonlyMap<string, string> {
  const looked: string[] = [];
  for (const folder of [join(directory, name), ...folders.map((one) => join(directory, one)), directory]) {
    const find = (file: string) =>
      spellings(file)
        .map((spelling) => join(folder, spelling))
        .find((path) => existsSync(path));
    const found = new Map(files.map((file) => [file, find(file)]));
    const missing = files.filter((file) => found.get(file) === undefined);
    if (missing.length === 0) return found as ReadonlyMap<string, string>;
    looked.push(missing.length === files.length ? folder : `${folder} (lacks ${missing.join(", ")})`);
  }
  throw new EddyError(
    "DATA_MISSING",
    `no ${name} data: looked in ${looked.join(" and in ")}; get them with "eddy data get ${name}", or say where they are with --data DIR or EDDY_DATA`,
  );
}

/** Reads a file of at most `bytesMax` bytes. @throws EddyError FILE_INVALID */
export function readLimited(file: string, bytesMax: number): Uint8Array {
  try {
    const { size: length } = statSync(file);
    if (length > bytesMax)
      throw new EddyError("FILE_INVALID", `${file}: ${length} bytes, but at most ${bytesMax} are read`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof EddyError) throw error;
    throw new EddyError("FILE_INVALID", `${file}: cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}
