import { EddyError } from "../../errors.js";

/** Numbers of an image: the red, green and blue values of 32 x 32 pixels, one channel after the other. */
export const cifarSize = 3 * 32 * 32;

/** A record is a label, then an image. */
const recordBytes = 1 + cifarSize;

/** Images of a published file; each of the six has exactly so many. */
const recordsMax = 10_000;

/** Largest file that is read. */
export const cifarBytesMax = recordsMax * recordBytes;

/** Images and labels of a file in CIFAR-10's binary layout. */
export interface CifarBatch {
  readonly count: number;
  /** the class of an image */
  label(item: number): number;
  /** [3072], 0 to 255: red, green, blue, each row by row */
  pixels(item: number): Uint8Array;
}

/**
 * Reads a file in CIFAR-10's binary layout: records of a label byte and 3072 pixel bytes.
 * @param bytes the whole file
 * @param file its name, for messages
 * @param limit takes no more than so many images
 * @param classes labels lie in 0 to `classes - 1`
 * @throws EddyError FILE_INVALID when it holds anything but whole records, or a label is too large
 * @see Krizhevsky, The CIFAR-10 dataset, "Binary version"
 */
export function cifarBatch(bytes: Uint8Array, file: string, limit: number, classes: number): CifarBatch {
  const refuse = (found: string): never => {
    throw new EddyError(
      "FILE_INVALID",
      `${file}: ${found}; replace it with the publisher's file (delete it and run "eddy data get cifar-10")`,
    );
  };
  const records = bytes.length / recordBytes;
  if (records === 0 || records > recordsMax || !Number.isInteger(records))
    refuse(`${bytes.length} bytes, where 1 to ${recordsMax} records of ${recordBytes} bytes are needed`);
  const count = Math.min(records, limit);
  // a copy, when only a part is used, lets go of the rest
  const kept = count < records ? bytes.slice(0, count * recordBytes) : bytes;
  for (let item = 0; item < count; item++) {
    const label = kept[item * recordBytes];
    if (label >= classes) refuse(`label ${item} (from 0) is ${label}, but labels are 0 to ${classes - 1}`);
  }
  return {
    count,
    label: (item) => kept[item * recordBytes],
    pixels: (item) => kept.subarray(item * recordBytes + 1, (item + 1) * recordBytes),
  };
}
