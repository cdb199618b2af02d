import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseSafetensors,
  type StoredTensor,
  serialiseSafetensors,
} from "../../src/simulation/safetensors.js";
import { errorOf } from "../error-of.js";

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 });
const tensor = shape.chain((axes) => {
  const length = axes.reduce((size, axis) => size * axis, 1);
  return fc
    .float32Array({ minLength: length, maxLength: length })
    .map((data): StoredTensor => ({ shape: axes, data }));
});
const tensors = fc
  .array(fc.tuple(fc.string({ unit: "grapheme" }), tensor), { maxLength: 5 })
  .map((entries) => new Map(entries.filter(([name]) => name !== "__metadata__" && name !== "__proto__")));

/** A file with a header of one's own. */
function file(header: string, data = new Uint8Array(8)): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Buffer.concat([length, text, data]);
}
const entry = (fields: object) =>
  JSON.stringify({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields } });

describe("safetensors", () => {
  it("are read as they were written, to the bit", () => {
    fc.assert(
      fc.property(tensors, (given) => {
        const bytes = serialiseSafetensors(given);
        const read = parseSafetensors(bytes, "a file");
        expect(read).toEqual(new Map([...given].sort(([a], [b]) => (a < b ? -1 : 1))));
      }),
    );
  });

  it("align their data to 8 bytes, whatever their names", () => {
    fc.assert(
      fc.property(tensors, (given) => {
        const bytes = serialiseSafetensors(given);
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
      }),
    );
  });

  it("are read wherever they start in memory, and keep none of it", () => {
    const bytes = serialiseSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1, 2) }]]));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const read = parseSafetensors(shifted.subarray(3), "a file");
    shifted.fill(0);
    expect(read.get("a")?.data).toEqual(Float32Array.of(1, 2));
  });

  it("may say things about themselves", () => {
    const header = `{"__metadata__": {"made": "elsewhere"}, ${entry({}).slice(1)}`;
    expect([...parseSafetensors(file(header), "a file").keys()]).toEqual(["a"]);
  });

  it.each<[what: string, bytes: Uint8Array, text: RegExp]>([
    ["nothing", new Uint8Array(0), /0 bytes/],
    ["a header longer than the file", file("{}").subarray(0, 9), /header of 2 bytes in 9/],
    ["a huge header", new Uint8Array(16).fill(255), /header of/],
    ["a header that is no JSON", file("{"), /header is not JSON/],
    ["a header that is a list", file("[]"), /header that is no object/],
    ["another type", file(entry({ dtype: "F16" })), /"a" is F16, needed F32/],
    ["no shape", file(entry({ shape: undefined })), /"a" without dtype, shape and data_offsets/],
    ["a negative size", file(entry({ shape: [-2] })), /"a" without/],
    ["three offsets", file(entry({ data_offsets: [0, 4, 8] })), /"a" without/],
    ["data past the end", file(entry({}), new Uint8Array(7)), /at bytes 0 to 8 of 7/],
    [
      "offsets that do not fit the shape",
      file(entry({ data_offsets: [0, 4] })),
      /shape \[2\] at bytes 0 to 4/,
    ],
    ["offsets that go back", file(entry({ shape: [0], data_offsets: [8, 4] })), /at bytes 8 to 4/],
  ])("are refused with the file's name: %s", (_what, bytes, text) => {
    const error = errorOf(() => parseSafetensors(bytes, "that.safetensors"));
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toMatch(/^that\.safetensors: /);
    expect(error.message).toMatch(text);
  });

  it("are refused when cut off anywhere", () => {
    const bytes = serialiseSafetensors(
      new Map([
        ["a", { shape: [3], data: Float32Array.of(1, 2, 3) }],
        ["b", { shape: [1], data: Float32Array.of(4) }],
      ]),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(errorOf(() => parseSafetensors(bytes.subarray(0, length), "a file")).code).toBe("FILE_INVALID");
    }
  });
});
