import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** An IDX file: magic of unsigned bytes, sizes, data. */
export function idxFile(sizes: readonly number[], data: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  header.setUint32(0, 0x0800 + sizes.length);
  sizes.forEach((size, dimension) => {
    header.setUint32(4 + 4 * dimension, size);
  });
  return Buffer.concat([new Uint8Array(header.buffer), Uint8Array.from(data)]);
}

/** The label and the pixels of image `number` of a generated set; every image differs from the others. */
export function generated(number: number, shift: number): { label: number; pixels: Uint8Array } {
  const pixels = Uint8Array.from({ length: 784 }, (_, index) => (index * 7 + number * 31 + shift) % 256);
  return { label: (number * 3 + shift) % 10, pixels };
}

/** Writes the four files of a generated set of 28 x 28 pixels, gzipped, and says where. */
export function writeImageSet(directory: string, training: number, test: number): void {
  mkdirSync(directory, { recursive: true });
  for (const [prefix, count, shift] of [
    ["train", training, 0],
    ["t10k", test, 5],
  ] as const) {
    const images = Array.from({ length: count }, (_, number) => generated(number, shift));
    const pixels = images.flatMap((image) => Array.from(image.pixels));
    const labels = images.map((image) => image.label);
    writeFileSync(
      join(directory, `${prefix}-images-idx3-ubyte.gz`),
      gzipSync(idxFile([count, 28, 28], pixels)),
    );
    writeFileSync(join(directory, `${prefix}-labels-idx1-ubyte.gz`), gzipSync(idxFile([count], labels)));
  }
}
