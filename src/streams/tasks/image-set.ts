import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { EddyError } from "../../errors.js";
import type { StimulusSource } from "../stimulus.js";
import { classExamples } from "./class-examples.js";
import { idxBytesMax, idxPair } from "./idx.js";
import { passes } from "./passes.js";

/** The built-in sets of labelled images, by the names of their folders. */
export const imageSetNames = ["mnist", "fashion-mnist"] as const;
export type ImageSetName = (typeof imageSetNames)[number];

/** The files of a set as their publishers name them; also read with `.gz`, and with a dot before `idx`. */
export const imageSetFiles = {
  trainingImages: "train-images-idx3-ubyte",
  trainingLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;
type Part = keyof typeof imageSetFiles;
const parts = Object.keys(imageSetFiles) as Part[];

const classes = 10;
const side = 28;
const size = side * side;

/** Pixel values as the network sees them: byte / 255. */
const intensities = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

function find(directory: string, name: string): string | null {
  const dotted = name.replace("-idx", ".idx");
  const spellings = [`${name}.gz`, name, `${dotted}.gz`, dotted].map((spelling) => join(directory, spelling));
  return spellings.find((path) => existsSync(path)) ?? null;
}

/** The paths of a set's files, all from one folder, so that two sets never mix. */
function locate(name: ImageSetName, directory: string): Record<Part, string> {
  const looked: string[] = [];
  for (const folder of [join(directory, name), directory]) {
    const found = parts.map((part) => [part, find(folder, imageSetFiles[part])] as const);
    const missing = found.flatMap(([part, path]) => (path === null ? [imageSetFiles[part]] : []));
    if (missing.length === 0) return Object.fromEntries(found) as Record<Part, string>;
    looked.push(missing.length === parts.length ? folder : `${folder} (lacks ${missing.join(", ")})`);
  }
  throw new EddyError(
    "DATA_MISSING",
    `no ${name} data: looked in ${looked.join(" and in ")}; get them with "eddy data get ${name}", or say where they are with --data DIR or EDDY_DATA`,
  );
}

function read(file: string): { readonly bytes: Uint8Array; readonly file: string } {
  try {
    const { size: length } = statSync(file);
    if (length > idxBytesMax)
      throw new EddyError("FILE_INVALID", `${file}: ${length} bytes, but at most ${idxBytesMax} are read`);
    return { bytes: readFileSync(file), file };
  } catch (error) {
    if (error instanceof EddyError) throw error;
    throw new EddyError("FILE_INVALID", `${file}: cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}

interface Items {
  readonly count: number;
  readonly write: (item: number, input: Float32Array) => number;
}

/** Pixels stay bytes until they are shown: a quarter of the memory. */
function items(images: string, labels: string, limit: number): Items {
  const set = idxPair(read(images), read(labels), classes);
  if (set.rows !== side || set.columns !== side)
    throw new EddyError(
      "FILE_INVALID",
      `${images}: images of ${set.rows} x ${set.columns} pixels; ${side} x ${side} needed`,
    );
  const count = Math.min(set.count, limit);
  // a copy, when only a part is used, lets go of the rest
  const pixels = count < set.count ? set.pixels.slice(0, count * size) : set.pixels;
  return {
    count,
    write(item, input) {
      const start = item * size;
      for (let index = 0; index < size; index++) input[index] = intensities[pixels[start + index]];
      return set.labels[item];
    },
  };
}

export interface ImageSetOptions {
  /** folder that holds the files, or holds a folder of the set's name that does (see `dataDirectory`) */
  readonly directory: string;
  /** of the order in which training examples come */
  readonly seed: number;
  /** use only the first `limit` training images and the first `limit` test images; default: all */
  readonly limit?: number;
}

/**
 * MNIST or Fashion-MNIST: 28 x 28 pixels in [0, 1] (byte / 255), ten classes.
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
  const files = locate(name, directory);
  const training = items(files.trainingImages, files.trainingLabels, limit);
  const test = items(files.testImages, files.testLabels, limit);
  const item = passes(training.count, seed, name);
  const sizes = { size, outputs: classes };
  return {
    name,
    ...sizes,
    training: classExamples({
      ...sizes,
      length: training.count,
      endless: true,
      write: (example, input) => training.write(item(example), input),
    }),
    test: classExamples({ ...sizes, length: test.count, endless: false, write: test.write }),
  };
}
