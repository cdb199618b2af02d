import { EddyError, invariant } from "../../errors.js";
import type { StimulusSource } from "../stimulus.js";
import { type CifarBatch, cifarBatch, cifarBytesMax, cifarSize } from "./cifar.js";
import { classExamples } from "./class-examples.js";
import { idxBytesMax, idxPair } from "./idx.js";
import { type ImageFiles, locateFiles, readLimited } from "./image-files.js";
import { passes } from "./passes.js";

/** The built-in sets of labelled images, by the names of their folders. */
export const imageSetNames = ["mnist", "fashion-mnist", "cifar-10"] as const;
export type ImageSetName = (typeof imageSetNames)[number];

/** The files of MNIST and Fashion-MNIST; also read with `.gz`, and with a dot before `idx`. */
export const idxFiles = {
  trainingImages: "train-images-idx3-ubyte",
  trainingLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

/** The files of CIFAR-10. */
export const cifarFiles = {
  training: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: ["test_batch.bin"],
} as const;

const classes = 10;
const side = 28;

/** Pixel values as the network sees them: byte / 255. */
const intensities = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

interface Items {
  readonly count: number;
  readonly write: (item: number, input: Float32Array) => number;
}

/** How a set lies on disk. */
interface Format extends Omit<ImageFiles, "name" | "files"> {
  /** numbers of an input */
  readonly size: number;
  readonly training: readonly string[];
  readonly test: readonly string[];
  /** Reads one half of the set from its files, and no more than `limit` images. */
  readonly read: (paths: readonly string[], limit: number) => Items;
}

/** Pixels stay bytes until they are shown: a quarter of the memory. */
function showPixels(pixels: Uint8Array, input: Float32Array): void {
  for (let index = 0; index < input.length; index++) input[index] = intensities[pixels[index]];
}

function idxItems([images, labels]: readonly string[], limit: number): Items {
  const open = (file: string) => ({ bytes: readLimited(file, idxBytesMax), file });
  const set = idxPair(open(images), open(labels), classes);
  if (set.rows !== side || set.columns !== side)
    throw new EddyError(
      "FILE_INVALID",
      `${images}: images of ${set.rows} x ${set.columns} pixels; ${side} x ${side} needed`,
    );
  const size = side * side;
  const count = Math.min(set.count, limit);
  // a copy, when only a part is used, lets go of the rest
  const pixels = count < set.count ? set.pixels.slice(0, count * size) : set.pixels;
  return {
    count,
    write(item, input) {
      showPixels(pixels.subarray(item * size, (item + 1) * size), input);
      return set.labels[item];
    },
  };
}

function cifarItems(paths: readonly string[], limit: number): Items {
  const batches: { readonly first: number; readonly batch: CifarBatch }[] = [];
  let count = 0;
  for (const path of paths) {
    if (count >= limit) break;
    const batch = cifarBatch(readLimited(path, cifarBytesMax), path, limit - count, classes);
    batches.push({ first: count, batch });
    count += batch.count;
  }
  return {
    count,
    write(item, input) {
      const place = batches.findLast(({ first }) => first <= item);
      invariant(place, `item ${item} is one of ${count}`);
      showPixels(place.batch.pixels(item - place.first), input);
      return place.batch.label(item - place.first);
    },
  };
}

const idx: Format = {
  size: side * side,
  training: [idxFiles.trainingImages, idxFiles.trainingLabels],
  test: [idxFiles.testImages, idxFiles.testLabels],
  folders: [],
  spellings(file) {
    const dotted = file.replace("-idx", ".idx");
    return [`${file}.gz`, file, `${dotted}.gz`, dotted];
  },
  read: idxItems,
};

const formats: Readonly<Record<ImageSetName, Format>> = {
  mnist: idx,
  "fashion-mnist": idx,
  "cifar-10": {
    size: cifarSize,
    ...cifarFiles,
    folders: ["cifar-10-batches-bin"],
    spellings: (file) => [file],
    read: cifarItems,
  },
};

export interface ImageSetOptions {
  /** folder that holds the files, or holds a folder of the set's name that does (see `dataDirectory`) */
  readonly directory: string;
  /** of the order in which training examples come */
  readonly seed: number;
  /** use only the first `limit` training images and the first `limit` test images; default: all */
  readonly limit?: number;
}

/**
 * MNIST or Fashion-MNIST: 28 x 28 pixels in [0, 1] (byte / 255), ten classes; or CIFAR-10: 3 x 32 x 32 pixels in [0, 1],
 * one channel after the other, ten classes.
 *
 * Training examples run over endless passes, each in an order of its own; the test set comes in the order of its file.
 * @throws EddyError DATA_MISSING when a file is not there, FILE_INVALID when one is not what it should be,
 * INVALID_ARGUMENT
 */
export function imageSet(
  name: ImageSetName,
  { directory, seed, limit = Number.POSITIVE_INFINITY }: ImageSetOptions,
): StimulusSource {
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit > 0))
    throw new EddyError("INVALID_ARGUMENT", `${name}: limit is ${limit}; needs a whole number of at least 1`);
  const { size, training: trainingFiles, test: testFiles, read, ...where } = formats[name];
  const paths = locateFiles({ ...where, name, files: [...trainingFiles, ...testFiles] }, directory);
  const open = (files: readonly string[]) =>
    read(
      files.map((file) => paths.get(file) ?? file),
      limit,
    );
  const training = open(trainingFiles);
  const test = open(testFiles);
  const sizes = { size, outputs: classes };
  const inOrderOf = (orderSeed: number) => {
    const item = passes(training.count, orderSeed, name);
    return classExamples({
      ...sizes,
      length: training.count,
      endless: true,
      write: (example, input) => training.write(item(example), input),
    });
  };
  return {
    name,
    ...sizes,
    training: inOrderOf(seed),
    test: classExamples({ ...sizes, length: test.count, endless: false, write: test.write }),
    vary: inOrderOf,
  };
}
