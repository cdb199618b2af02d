import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { trainingRun } from "../../../src/simulation/built-in-runs.js";
import { override } from "../../../src/simulation/override.js";
import { imageSet } from "../../../src/streams/tasks/image-set.js";
import { cifarFile, cifarRecord, writeCifar } from "../../arbitraries/cifar-files.js";
import { errorOf } from "../../error-of.js";
import { trainingOf, trainOn } from "../../simulation/small-runs.js";
import { temporaryFolder } from "../../temporary-folder.js";

const root = temporaryFolder();
const newFolder = (): string => mkdtempSync(join(root, "set-"));
const records = [3, 2, 1, 2, 4, 5];
const size = 3072;
const open = (directory: string, limit?: number) => imageSet("cifar-10", { directory, seed: 1, limit });

const classOf = (target: Float32Array | null, example: number): number =>
  target?.subarray(example * 10, (example + 1) * 10).indexOf(1) ?? -1;

/** An image as the network sees it. */
const shown = (file: number, item: number): Float32Array =>
  Float32Array.from(cifarRecord(file, item).subarray(1), (byte) => byte / 255);

describe("CIFAR-10", () => {
  it("gives pixels / 255, channel by channel, and one-hot classes; the test set in the order of its file", () => {
    const directory = newFolder();
    writeCifar(join(directory, "cifar-10"), records);
    const source = open(directory);
    const { training, test } = source;
    expect(source).toMatchObject({ name: "cifar-10", size, outputs: 10 });
    expect([training.length, test?.length]).toEqual([12, 5]);
    const { input, target } = test!.take(1, 3);
    for (let example = 0; example < 3; example++) {
      expect(input.slice(example * size, (example + 1) * size)).toEqual(shown(5, example + 1));
      expect(classOf(target, example)).toBe(cifarRecord(5, example + 1)[0]);
    }
  });

  it("shows every image of the five files once a pass, with its label", () => {
    const directory = newFolder();
    writeCifar(directory, records);
    const { input, target } = open(directory).training.take(12, 12);
    const all = records
      .slice(0, 5)
      .flatMap((count, file) => Array.from({ length: count }, (_, item) => [file, item]));
    const seen = Array.from({ length: 12 }, (_, example) => {
      const image = Buffer.from(input.slice(example * size, (example + 1) * size).buffer);
      const found = all.findIndex(([file, item]) => image.equals(Buffer.from(shown(file, item).buffer)));
      expect(classOf(target, example)).toBe(cifarRecord(all[found][0], all[found][1])[0]);
      return found;
    });
    expect(seen.sort((a, b) => a - b)).toEqual(all.map((_, number) => number));
  });

  it("uses the first images only, when limited", () => {
    const directory = newFolder();
    writeCifar(directory, records);
    const lengths = (limit: number) => [
      open(directory, limit).training.length,
      open(directory, limit).test?.length,
    ];
    expect(lengths(4)).toEqual([4, 4]);
    expect(lengths(5)).toEqual([5, 5]);
    expect(lengths(100)).toEqual([12, 5]);
  });

  it("is also found where its archive unpacks", () => {
    const directory = newFolder();
    writeCifar(join(directory, "cifar-10-batches-bin"), records);
    expect(open(directory).training.length).toBe(12);
  });

  it("says where it looked for missing data, and how to get them", () => {
    const directory = newFolder();
    writeCifar(join(directory, "cifar-10"), records);
    rmSync(join(directory, "cifar-10", "data_batch_3.bin"));
    const { code, message } = errorOf(() => open(directory));
    expect(code).toBe("DATA_MISSING");
    for (const part of [
      "cifar-10 (lacks data_batch_3.bin)",
      "cifar-10-batches-bin",
      "eddy data get cifar-10",
      "EDDY_DATA",
    ])
      expect(message).toContain(part);
    expect(message).not.toContain("\n");
  });

  it.each<[what: string, bytes: Uint8Array, text: RegExp]>([
    ["nothing", new Uint8Array(), /0 bytes, where 1 to 10000 records of 3073 bytes/],
    ["half a record", cifarFile(0, 2).subarray(0, 5000), /5000 bytes, where/],
    ["more than a published file", new Uint8Array(10_001 * 3073), /30733073 bytes, but at most 30730000/],
    [
      "a class that there is not",
      Buffer.concat([cifarFile(0, 2), new Uint8Array(3073).fill(10)]),
      /label 2 .* is 10/,
    ],
  ])("refuses a file with %s by its name", (_what, bytes, text) => {
    const directory = newFolder();
    writeCifar(directory, records);
    const file = join(directory, "data_batch_2.bin");
    writeFileSync(file, bytes);
    const { code, message } = errorOf(() => open(directory));
    expect(code).toBe("FILE_INVALID");
    expect(message).toContain(file);
    expect(message).toMatch(text);
  });

  it("refuses a folder in place of a file", () => {
    const directory = newFolder();
    writeCifar(directory, records);
    rmSync(join(directory, "test_batch.bin"));
    mkdirSync(join(directory, "test_batch.bin"));
    expect(errorOf(() => open(directory)).message).toMatch(/test_batch\.bin: cannot be read/);
  });

  it("is a built-in task", async () => {
    const directory = newFolder();
    writeCifar(directory, [30, 30, 30, 30, 30, 30]);
    const small = ["network.neurons=16", "batch=15", "schedule.epochs=6", "optimiser.learningRate=0.01"];
    const builtIn = trainingRun("cifar-10", 2);
    expect(builtIn.optimiser).toEqual({ kind: "adam", learningRate: 2e-4 });
    const run = small.reduce<unknown>(override, builtIn);
    const kernels = await openKernels("reference");
    const training = trainingOf(kernels, run, directory);
    const { epochs } = await trainOn(training);
    const losses = epochs.map((results) => results["cifar-10"].trainLoss!);
    expect(losses[5]).toBeLessThan(losses[0]);
    training.close();
    kernels.close();
  });
});

const data = process.env.EDDY_DATA ?? "";
const there = ["cifar-10", "cifar-10-batches-bin"].some((folder) =>
  existsSync(join(data, folder, "test_batch.bin")),
);

describe.skipIf(data === "" || !there)("the published CIFAR-10 in EDDY_DATA", () => {
  it("has 50,000 + 10,000 images, as many of each class, and the mean that the literature gives", () => {
    const { training, test } = open(data);
    expect([training.length, test?.length]).toEqual([50_000, 10_000]);
    const counts = new Array<number>(10).fill(0);
    let sum = 0;
    for (let first = 0; first < 10_000; first += 500) {
      const { input, target } = test!.take(first, 500);
      sum += input.reduce((total, pixel) => total + pixel, 0);
      for (let example = 0; example < 500; example++) counts[classOf(target, example)]++;
    }
    expect(counts).toEqual(new Array(10).fill(1000));
    // the channels' means are 0.491, 0.482 and 0.447
    expect(sum / (10_000 * size)).toBeCloseTo(0.474, 2);
  });
});
