import { gunzipSync } from "node:zlib";
import { EddyError } from "../../errors.js";

/** Largest IDX file that is read, inflated; the largest of the built-in sets has 47 MB. */
export const idxBytesMax = 2 ** 27;

export interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** [count, rows, columns], row-major, 0 to 255 */
  readonly pixels: Uint8Array;
}

function invalid(file: string, found: string, options?: ErrorOptions): EddyError {
  return new EddyError(
    "FILE_INVALID",
    `${file}: ${found}; replace it with the publisher's file (delete it and run "eddy data get")`,
    options,
  );
}

/** RFC 1952; an IDX file cannot start like that, its first two bytes are zero. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Inflates what is gzipped, by its content and not by its name. */
function plain(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes.length > idxBytesMax)
    throw invalid(file, `${bytes.length} bytes, but at most ${idxBytesMax} are read`);
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: idxBytesMax, chunkSize: 2 ** 20 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw invalid(file, `inflates to more than the ${idxBytesMax} bytes that are read`, { cause: error });
    throw invalid(
      file,
      code === "Z_BUF_ERROR" ? "gzip data end too early" : `gzip data are corrupt (${message})`,
      {
        cause: error,
      },
    );
  }
}

const kinds = { 1: "labels", 3: "images" } as const;

/** Reads an IDX header of unsigned bytes, and checks that exactly the bytes that it promises follow. */
function parse(
  bytes: Uint8Array,
  file: string,
  dimensions: keyof typeof kinds,
): { readonly sizes: number[]; readonly data: Uint8Array } {
  const content = plain(bytes, file);
  const header = 4 + 4 * dimensions;
  const wanted = `IDX ${kinds[dimensions]} (0000080${dimensions})`;
  if (content.length < 4) throw invalid(file, `${content.length} bytes where ${wanted} are needed`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const magic = view.getUint32(0).toString(16).padStart(8, "0");
  if (content[0] !== 0 || content[1] !== 0)
    throw invalid(file, `starts with ${magic}, so it is no IDX file; ${wanted} needed`);
  if (content[2] !== 0x08)
    throw invalid(file, `starts with ${magic}, so its elements are no unsigned bytes; ${wanted} needed`);
  if (content[3] !== dimensions)
    throw invalid(file, `starts with ${magic}, so it has ${content[3]} dimension(s); ${wanted} needed`);
  if (content.length < header)
    throw invalid(file, `truncated: ${content.length} bytes, the header alone has ${header}`);
  const sizes = Array.from({ length: dimensions }, (_, dimension) => view.getUint32(4 + 4 * dimension));
  const shape = sizes.join(" x ");
  if (sizes.includes(0)) throw invalid(file, `holds nothing (${shape})`);
  const length = header + sizes.reduce((product, size) => product * size, 1);
  if (content.length !== length)
    throw invalid(
      file,
      `${content.length < length ? "truncated" : "trailing bytes"}: its header says ${shape}, which makes ${length} bytes, but there are ${content.length}`,
    );
  return { sizes, data: content.subarray(header) };
}

/**
 * Reads images from an IDX file of unsigned bytes with three dimensions, plain or gzipped.
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws EddyError FILE_INVALID when it is anything else, truncated, followed by other bytes, corrupt or empty
 */
export function idxImages(bytes: Uint8Array, file: string): IdxImages {
  const { sizes, data } = parse(bytes, file, 3);
  const [count, rows, columns] = sizes;
  return { count, rows, columns, pixels: data };
}

/**
 * Reads labels from an IDX file of unsigned bytes with one dimension, plain or gzipped.
 * @param bytes the whole file
 * @param file its name, for messages
 * @param classes labels lie in 0 to `classes - 1`
 * @returns [count]
 * @throws EddyError FILE_INVALID, as `idxImages`, and when a label is too large
 */
export function idxLabels(bytes: Uint8Array, file: string, classes: number): Uint8Array {
  const { data } = parse(bytes, file, 1);
  const wrong = data.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw invalid(file, `label ${wrong} (from 0) is ${data[wrong]}, but labels are 0 to ${classes - 1}`);
  return data;
}

/**
 * Reads images and their labels.
 * @throws EddyError FILE_INVALID, as `idxImages` and `idxLabels`, and when their counts differ
 */
export function idxPair(
  images: { readonly bytes: Uint8Array; readonly file: string },
  labels: { readonly bytes: Uint8Array; readonly file: string },
  classes: number,
): IdxImages & { readonly labels: Uint8Array } {
  const parsed = idxImages(images.bytes, images.file);
  const parsedLabels = idxLabels(labels.bytes, labels.file, classes);
  if (parsed.count !== parsedLabels.length)
    throw invalid(
      labels.file,
      `${parsedLabels.length} labels, but ${images.file} has ${parsed.count} images, so one of the two is another set's`,
    );
  return { ...parsed, labels: parsedLabels };
}
