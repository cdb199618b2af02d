import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { EddyError } from "../errors.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { type ImageSetName, imageSetNames } from "../streams/tasks/image-set.js";
import { type Publisher, publishers } from "./data-publishers.js";
import { type Downloaded, type DownloadProgress, download } from "./download.js";
import { type Member, unpackTar } from "./unpack-tar.js";

/** How far the download of a data set is. */
export interface DataProgress extends DownloadProgress {
  /** name of the file */
  readonly file: string;
  /** its number, from 0 */
  readonly index: number;
  /** files of the set */
  readonly files: number;
}

/** Where a data set comes from and goes to, and how its download is followed and ended. */
export interface GetDataOptions {
  /** folder in which the set gets a folder of its own (default: see `dataDirectory`) */
  readonly directory?: string;
  /** default: the set's own; a mirror has another address and the same checksums */
  readonly publisher?: Publisher;
  readonly onProgress?: (progress: DataProgress) => void;
  /** ends the download; running it again goes on from there */
  readonly signal?: AbortSignal;
}

/** A file of a data set, as it lies on disk. */
export interface DataFile extends Downloaded {
  readonly path: string;
}

function isImageSetName(name: string): name is ImageSetName {
  return (imageSetNames as readonly string[]).includes(name);
}

/** The files of an archive that are not there yet. @throws EddyError FILE_EXISTS for one of another size */
async function notThere(folder: string, unpacked: readonly Member[]): Promise<Member[]> {
  const lacking: Member[] = [];
  for (const member of unpacked) {
    const path = join(folder, member.name);
    const size = await stat(path).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) lacking.push(member);
    else if (size !== member.bytes)
      throw new EddyError(
        "FILE_EXISTS",
        `${path} is there already, but has ${size} bytes where the publisher's has ${member.bytes}; it was left as it is: delete it, or choose another folder`,
      );
  }
  return lacking;
}

/**
 * Downloads a data set from its publisher to DIRECTORY/NAME, each file checked against the publisher's MD5; what comes
 * in an archive is unpacked, and the archive deleted.
 * @param name one of `imageSetNames`
 * @returns the set's files, in the publisher's order
 * @throws EddyError INVALID_ARGUMENT for a name that is not known; FILE_EXISTS, FILE_INVALID; otherwise as `download`
 */
export async function getData(
  name: string,
  { directory = dataDirectory(), publisher, onProgress, signal }: GetDataOptions = {},
): Promise<DataFile[]> {
  if (!isImageSetName(name))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `no data set is called "${name}"; there are ${imageSetNames.join(", ")}`,
    );
  const { address, files, unpacked = [] } = publisher ?? publishers[name];
  const folder = join(directory, name);
  const lacking = await notThere(folder, unpacked);
  if (unpacked.length > 0 && lacking.length === 0)
    return unpacked.map(({ name: file, bytes }) => ({ path: join(folder, file), outcome: "present", bytes }));
  const done: DataFile[] = [];
  for (const [index, { name: file, md5, bytesMax }] of files.entries()) {
    const path = join(folder, file);
    const result = await download(`${address.replace(/\/*$/, "/")}${file}`, path, {
      md5,
      ...(bytesMax !== undefined && { bytesMax }),
      onProgress: (progress) => onProgress?.({ ...progress, file, index, files: files.length }),
      ...(signal && { signal }),
    });
    done.push({ path, ...result });
  }
  if (unpacked.length === 0) return done;
  for (const { path } of done) {
    await unpackTar(path, lacking, folder);
    await rm(path);
  }
  return unpacked.map(({ name: file, bytes }) => ({
    path: join(folder, file),
    outcome: lacking.some((one) => one.name === file) ? done[0].outcome : "present",
    bytes,
  }));
}
