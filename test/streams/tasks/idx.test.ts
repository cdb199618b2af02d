import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import { idxBytesMax, idxImages, idxLabels, idxPair } from "../../../src/streams/tasks/idx.js";
import { idxFile } from "../../arbitraries/idx-files.js";

const seed = 20260101;

const imagesArbitrary = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.boolean(),
  )
  .chain(([count, rows, columns, gzipped]) =>
    fc
      .uint8Array({ minLength: count * rows * columns, maxLength: count * rows * columns })
      .map((pixels) => ({ count, rows, columns, pixels, gzipped })),
  );

function asFile({ count, rows, columns, pixels, gzipped }: ImageSet): Uint8Array {
  const file = idxFile([count, rows, columns], pixels);
  return gzipped ? gzipSync(file) : file;
}
type ImageSet = typeof imagesArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function expectInvalid(run: () => unknown, found: RegExp): void {
  const error = errorOf(run);
  expect(error).toBeInstanceOf(EddyError);
  const { code, message } = error as EddyError;
  expect(code).toBe("FILE_INVALID");
  expect(message).toMatch(found);
  expect(message).toMatch(/^a\/file/);
  expect(message).toContain("eddy data get");
  expect(message).not.toContain("\n");
}

const file = "a/file";
const images = idxFile([2, 3, 2], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);
const labels = idxFile([3], [0, 9, 4]);

describe("an IDX file", () => {
  it("reads what was written, plain or gzipped", () => {
    fc.assert(
      fc.property(imagesArbitrary, (set) => {
        const { count, rows, columns, pixels } = idxImages(asFile(set), file);
        expect([count, rows, columns]).toEqual([set.count, set.rows, set.columns]);
        expect(Uint8Array.from(pixels)).toEqual(set.pixels);
      }),
      { seed, numRuns: 100 },
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ min: 0, max: 9, minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (values, gzipped) => {
          const bytes = idxFile([values.length], values);
          expect(Uint8Array.from(idxLabels(gzipped ? gzipSync(bytes) : bytes, file, 10))).toEqual(values);
        },
      ),
      { seed, numRuns: 100 },
    );
  });

  it("is refused at every truncation, plain or gzipped", () => {
    for (const whole of [images, gzipSync(images)])
      for (let length = 0; length < whole.length; length++)
        expectInvalid(
          () => idxImages(whole.subarray(0, length), file),
          /truncated|too early|bytes where|trailing/,
        );
    for (const whole of [labels, gzipSync(labels)])
      for (let length = 0; length < whole.length; length++)
        expectInvalid(
          () => idxLabels(whole.subarray(0, length), file, 10),
          /truncated|too early|bytes where/,
        );
  });

  it("is refused when any byte of its gzip data or checksum has changed", () => {
    const whole = gzipSync(images);
    for (let index = 10; index < whole.length; index++) {
      const changed = Uint8Array.from(whole);
      changed[index] ^= 0x10;
      expectInvalid(() => idxImages(changed, file), /gzip data/);
    }
  });

  it("never fails with anything but an EddyError, whatever the bytes", () => {
    const start = fc.constantFrom<number[]>(
      [],
      [0x1f, 0x8b],
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
      [0, 0, 8],
      [0, 0, 8, 3],
      [0, 0, 8, 1],
      [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1],
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), fc.boolean(), (head, rest, gzipped) => {
        const raw = Uint8Array.from([...head, ...rest]);
        const bytes = gzipped ? gzipSync(raw) : raw;
        for (const error of [
          errorOf(() => idxImages(bytes, file)),
          errorOf(() => idxLabels(bytes, file, 10)),
        ])
          if (error !== undefined) expect(error).toBeInstanceOf(EddyError);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it.each([
    ["nothing", new Uint8Array(0), /0 bytes/],
    ["text", Buffer.from("<!doctype html><html>Not here</html>"), /starts with 3c21646f, so it is no IDX/],
    ["labels", labels, /1 dimension\(s\); IDX images \(00000803\) needed/],
    ["numbers that are no bytes", Uint8Array.of(0, 0, 0x0d, 3, 0, 0, 0, 1), /starts with 00000d03/],
    ["half a header", images.subarray(0, 9), /truncated: 9 bytes, the header alone has 16/],
    ["one byte too few", images.subarray(0, -1), /truncated: its header says 2 x 3 x 2.*28 bytes.*are 27/],
    ["one byte too many", Buffer.concat([images, Uint8Array.of(0)]), /trailing bytes.*28 bytes.*are 29/],
    ["no image", idxFile([0, 28, 28], []), /holds nothing \(0 x 28 x 28\)/],
    ["images without pixels", idxFile([5, 0, 28], []), /holds nothing/],
    ["sizes beyond all files", idxFile([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), /truncated/],
    ["a gzip file cut off", gzipSync(images).subarray(0, 20), /gzip data end too early/],
    [
      "bytes behind the gzip data",
      Buffer.concat([gzipSync(images), Buffer.from("tail")]),
      /gzip data are corrupt/,
    ],
  ])("with %s is refused as images", (_, bytes, found) => {
    expectInvalid(() => idxImages(bytes, file), found);
  });

  it("that inflates without bound is refused before it is inflated whole", () => {
    const bomb = gzipSync(new Uint8Array(idxBytesMax + 1));
    expect(bomb.length).toBeLessThan(1e6);
    expectInvalid(() => idxImages(bomb, file), /inflates to more than/);
  });

  it("of labels is refused as soon as one is no class", () => {
    expect(idxLabels(labels, file, 10)).toHaveLength(3);
    expectInvalid(() => idxLabels(labels, file, 9), /label 1 \(from 0\) is 9, but labels are 0 to 8/);
  });

  it("of images needs one of labels with the same count", () => {
    const pair = (labelCount: number) =>
      idxPair(
        { bytes: images, file: "a/images" },
        { bytes: idxFile([labelCount], new Uint8Array(labelCount)), file },
        10,
      );
    expect(pair(2).labels).toHaveLength(2);
    expectInvalid(() => pair(3), /3 labels, but a\/images has 2 images/);
  });
});
