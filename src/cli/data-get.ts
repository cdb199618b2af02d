import { join } from "node:path";
import { EddyError } from "../errors.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { type ImageSetName, imageSetNames } from "../streams/tasks/image-set.js";
import { type Publisher, publishers } from "./data-publishers.js";
import { type Downloaded, type DownloadProgress, download } from "./download.js";

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

/**
 * Downloads a data set from its publisher to DIRECTORY/NAME, each file checked against the publisher's MD5.
 * @param name one of `imageSetNames`
 * @returns the set's files, in the publisher's order
 * @throws EddyError INVALID_ARGUMENT for a name that is not known; otherwise as `download`
 */
export async function getData(
  name: string,
  { directory = dataDirectory(), publisher, onProgress, signal }: GetDataOptions = {},
): Promise<DataFile[]> {
  if (!isImageSetName(name))
    throw new EddyError(
      "INVALID_ARGUMENT",
      `no data set is called "${name}"; there are ${imageSetNames.join(" and ")}`,
    );
  const { address, files } = publisher ?? publishers[name];
  const done: DataFile[] = [];
  for (const [index, { name: file, md5 }] of files.entries()) {
    const path = join(directory, name, file);
    const result = await download(`${address.replace(/\/*$/, "/")}${file}`, path, {
      md5,
      onProgress: (progress) => onProgress?.({ ...progress, file, index, files: files.length }),
      ...(signal && { signal }),
    });
    done.push({ path, ...result });
  }
  return done;
}
