import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import { idxBytesMax } from "../../../src/streams/tasks/idx.js";
import { type ImageSetName, imageSet } from "../../../src/streams/tasks/image-set.js";
import { generated, idxFile, writeImageSet } from "../../arbitraries/idx-files.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "eddy-images-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function errorOf(run: () => unknown): EddyError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(EddyError);
    return error as EddyError;
  }
  throw new Error("no error");
}

const classOf = (target: Float32Array | null, example: number): number =>
  target!.subarray(example * 10, (example + 1) * 10).indexOf(1);

describe("imageSet", () => {
  it("gives pixels / 255 and one-hot classes; the test set in the order of its file", () => {
    writeImageSet(join(directory, "mnist"), 7, 4);
    const source = imageSet("mnist", { directory, seed: 1 });
    expect(source).toMatchObject({ name: "mnist", size: 784, outputs: 10 });
    expect([source.training.length, source.test?.length]).toEqual([7, 4]);
    const { input, target } = source.test!.take(1, 3);
    expect(input.length).toBe(3 * 784);
    expect(target?.length).toBe(3 * 10);
    for (let example = 0; example < 3; example++) {
      const { label, pixels } = generated(example + 1, 5);
      expect(input.slice(example * 784, (example + 1) * 784)).toEqual(
        Float32Array.from(pixels, (byte) => byte / 255),
      );
      expect(classOf(target, example)).toBe(label);
    }
    expect(target!.reduce((sum, value) => sum + value, 0)).toBe(3);
    expect(() => source.test!.take(3, 2)).toThrow(/past the end/);
  });

  it("shows every training image once a pass, in a new order each pass", () => {
    writeImageSet(directory, 20, 1);
    const { training } = imageSet("fashion-mnist", { directory, seed: 1 });
    // the first pixel tells the image: 31 and 256 have no common divisor
    const pass = (number: number): number[] => {
      const { input } = training.take(number * 20, 20);
      return Array.from({ length: 20 }, (_, example) => Math.round(input[example * 784] * 255));
    };
    const all = Array.from({ length: 20 }, (_, number) => generated(number, 0).pixels[0]).sort();
    const orders = [0, 1, 2, 100].map(pass);
    for (const order of orders) expect([...order].sort()).toEqual(all);
    expect(new Set(orders.map(String)).size).toBe(4);
    expect(pass(0)).toEqual(orders[0]);
  });

  it("keeps each image with its label, also in batches that straddle passes", () => {
    writeImageSet(directory, 6, 1);
    const { training } = imageSet("mnist", { directory, seed: 9 });
    const { input, target } = training.take(4, 15);
    const single = Array.from({ length: 15 }, (_, example) => training.take(4 + example, 1));
    for (let example = 0; example < 15; example++) {
      const pixels = input.slice(example * 784, (example + 1) * 784);
      expect(pixels).toEqual(single[example].input);
      const first = Math.round(pixels[0] * 255);
      const number = [0, 1, 2, 3, 4, 5].find((item) => generated(item, 0).pixels[0] === first);
      expect(classOf(target, example)).toBe(generated(number!, 0).label);
    }
  });

  it("orders by the seed and by the set's name", () => {
    writeImageSet(directory, 20, 1);
    const order = (name: ImageSetName, seed: number) =>
      String(imageSet(name, { directory, seed }).training.take(0, 20).target);
    expect(order("mnist", 1)).toBe(order("mnist", 1));
    expect(order("mnist", 2)).not.toBe(order("mnist", 1));
    expect(order("fashion-mnist", 1)).not.toBe(order("mnist", 1));
  });

  it("is varied to the order of another seed", () => {
    writeImageSet(directory, 20, 1);
    const source = imageSet("mnist", { directory, seed: 1 });
    const other = imageSet("mnist", { directory, seed: 2 });
    expect(source.vary!(2, {}).take(0, 45)).toEqual(other.training.take(0, 45));
    expect(source.vary!(1, {}).take(0, 45)).toEqual(source.training.take(0, 45));
    expect(source.parameters).toBe(undefined);
  });

  it("uses the first images only, when limited", () => {
    writeImageSet(directory, 20, 8);
    const source = imageSet("mnist", { directory, seed: 1, limit: 10 });
    expect([source.training.length, source.test?.length]).toEqual([10, 8]);
    const { input } = source.training.take(0, 10);
    const seen = Array.from({ length: 10 }, (_, example) => Math.round(input[example * 784] * 255)).sort();
    expect(seen).toEqual(Array.from({ length: 10 }, (_, number) => generated(number, 0).pixels[0]).sort());
    for (const limit of [0, -1, 2.5, Number.NaN])
      expect(errorOf(() => imageSet("mnist", { directory, seed: 1, limit })).code).toBe("INVALID_ARGUMENT");
  });

  it("reads plain files, and names with a dot", () => {
    writeImageSet(directory, 5, 3);
    const expected = imageSet("mnist", { directory, seed: 1 }).training.take(0, 5);
    const images = join(directory, "train-images-idx3-ubyte.gz");
    writeFileSync(join(directory, "train-images.idx3-ubyte"), gunzipSync(readFileSync(images)));
    rmSync(images);
    const labels = join(directory, "t10k-labels-idx1-ubyte.gz");
    renameSync(labels, join(directory, "t10k-labels.idx1-ubyte.gz"));
    expect(imageSet("mnist", { directory, seed: 1 }).training.take(0, 5)).toEqual(expected);
  });

  it("prefers the folder of the set's name, and never mixes two folders", () => {
    writeImageSet(directory, 5, 3);
    writeImageSet(join(directory, "mnist"), 9, 3);
    expect(imageSet("mnist", { directory, seed: 1 }).training.length).toBe(9);
    expect(imageSet("fashion-mnist", { directory, seed: 1 }).training.length).toBe(5);
    rmSync(join(directory, "mnist", "train-labels-idx1-ubyte.gz"));
    expect(imageSet("mnist", { directory, seed: 1 }).training.length).toBe(5);
  });

  it("says where it looked for missing data, and how to get them", () => {
    const missing = errorOf(() => imageSet("mnist", { directory, seed: 1 }));
    expect(missing.code).toBe("DATA_MISSING");
    for (const part of [join(directory, "mnist"), "eddy data get mnist", "--data DIR", "EDDY_DATA"])
      expect(missing.message).toContain(part);
    expect(missing.message).not.toContain("\n");
    writeImageSet(join(directory, "mnist"), 2, 2);
    rmSync(join(directory, "mnist", "t10k-images-idx3-ubyte.gz"));
    expect(errorOf(() => imageSet("mnist", { directory, seed: 1 })).message).toContain(
      "lacks t10k-images-idx3-ubyte",
    );
  });

  it("names the file that is not what it should be", () => {
    const spoil = (name: string, change: (path: string) => void): EddyError => {
      writeImageSet(directory, 4, 4);
      change(join(directory, name));
      const error = errorOf(() => imageSet("mnist", { directory, seed: 1 }));
      expect(error.code).toBe("FILE_INVALID");
      expect(error.message).toContain(join(directory, name));
      rmSync(join(directory, name), { recursive: true });
      return error;
    };
    const images = "train-images-idx3-ubyte.gz";
    const testLabels = "t10k-labels-idx1-ubyte.gz";
    expect(spoil(images, (path) => truncateSync(path, 30)).message).toMatch(/too early/);
    expect(spoil(images, (path) => truncateSync(path, idxBytesMax + 1)).message).toMatch(/at most/);
    expect(spoil(testLabels, (path) => copyFileSync(join(directory, images), path)).message).toMatch(
      /3 dimension\(s\)/,
    );
    expect(spoil(testLabels, (path) => writeFileSync(path, idxFile([3], [1, 2, 3]))).message).toMatch(
      /3 labels.*4 images/,
    );
    expect(spoil(testLabels, (path) => writeFileSync(path, idxFile([4], [1, 2, 3, 10]))).message).toMatch(
      /label 3 .* is 10/,
    );
    const small = gzipSync(idxFile([4, 14, 14], new Uint8Array(4 * 14 * 14)));
    expect(spoil(images, (path) => writeFileSync(path, small)).message).toMatch(/14 x 14.*28 x 28 needed/);
    const folder = (path: string): void => {
      rmSync(path);
      mkdirSync(path);
    };
    expect(spoil(images, folder).message).toMatch(/cannot be read/);
  });
});

const realData = process.env.EDDY_DATA;

describe.skipIf(!realData)("the published sets in EDDY_DATA", () => {
  // means of all training pixels, as the literature normalises them
  it.each([
    ["mnist", 0.1307],
    ["fashion-mnist", 0.286],
  ] as const)("%s has 60,000 + 10,000 images in ten classes", (name, meanPixel) => {
    const { training, test } = imageSet(name, { directory: realData!, seed: 1 });
    expect([training.length, test?.length]).toEqual([60_000, 10_000]);
    const counts = new Array<number>(10).fill(0);
    let sum = 0;
    for (let first = 0; first < 60_000; first += 500) {
      const { input, target } = training.take(first, 500);
      sum += input.reduce((total, pixel) => total + pixel, 0);
      for (let example = 0; example < 500; example++) counts[classOf(target, example)]++;
    }
    expect(sum / (60_000 * 784)).toBeCloseTo(meanPixel, 3);
    expect(counts.reduce((total, count) => total + count, 0)).toBe(60_000);
    expect(Math.min(...counts)).toBeGreaterThan(5_000);
    expect(Math.max(...counts)).toBeLessThan(7_000);
  });

  it("MNIST's test set starts with the digits that it is known to start with", () => {
    const { target } = imageSet("mnist", { directory: realData!, seed: 1, limit: 10 }).test!.take(0, 10);
    const digits = Array.from({ length: 10 }, (_, example) => classOf(target, example));
    expect(digits).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});
