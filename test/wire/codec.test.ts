import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { encodeFrame, withDropped } from "../../src/wire/codec.js";
import { decode, encode, float32Values, parseServerMessage, requestLimits } from "../../src/wire/index.js";
import { scan } from "../../src/wire/scan.js";

const key = fc
  .string({ maxLength: 8 })
  .filter((name) => !["__proto__", "constructor", "prototype"].includes(name));

const plainValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string(),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
  ),
})).value;

function malformed(bytes: Uint8Array): string {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof EddyError && error.code === "MALFORMED_MESSAGE") return error.message;
    throw error;
  }
  throw new Error("decoded");
}

/** Bytes views compare by content, whatever their class. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, comparable(property)]));
}

describe("encode and decode", () => {
  it("give plain values back", () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        expect(comparable(decode(encode(value)))).toEqual(comparable(value));
      }),
    );
  });

  it("leave out what is undefined", () => {
    expect(decode(encode({ a: undefined, b: { c: undefined, d: 1 }, e: [undefined] }))).toEqual({
      b: { d: 1 },
      e: [null],
    });
  });

  it.each([
    ["Float32Array", new Float32Array(2)],
    ["Map", new Map()],
    ["Date", new Date(0)],
    ["bigint", 1n],
    ["function", () => 1],
  ])("refuse to encode a %s", (type, value) => {
    expect(() => encode({ a: [value] })).toThrow(type);
  });
});

describe("the scan of received bytes", () => {
  it("lets through nothing but EddyErrors, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EddyError);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("refuses every proper prefix of a message, and everything behind it", () => {
    fc.assert(
      fc.property(plainValue, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 5 }), (value, cut, more) => {
        const bytes = encode(value);
        expect(malformed(bytes.subarray(0, cut % bytes.length))).toContain("truncated");
        expect(malformed(Uint8Array.from([...bytes, ...more]))).toContain("trailing");
      }),
    );
  });

  it("agrees with msgpackr on where a value ends", () => {
    const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        const isHarmless = ((): boolean => {
          try {
            scan(bytes, requestLimits);
            return true;
          } catch {
            return false;
          }
        })();
        if (isHarmless) expect(() => packr.unpack(bytes)).not.toThrow();
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ["no bytes", []],
    ["0xc1", [0xc1]],
    ["extension types", [0xd4, 0x00, 0x00]],
    ["a timestamp", [0xd6, 0xff, 0, 0, 0, 0]],
    ["ext 8", [0xc7, 0x01, 0x05, 0x00]],
    ["a key that is a number", [0x81, 0x01, 0x02]],
    ["a key that is an array", [0x81, 0x90, 0x02]],
    ["a list that says it is longer than the message", [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ["a string that says so", [0xdb, 0xff, 0xff, 0xff, 0xff, 0x41]],
  ])("refuses %s", (_, bytes) => {
    expect(malformed(Uint8Array.from(bytes))).toMatch(/^malformed message: /);
  });

  it.each(["__proto__", "constructor", "prototype"])("refuses the key %s at any depth", (name) => {
    const packr = new Packr({ useRecords: false });
    const bytes = packr.pack({ op: [new Map([[name, 1]])] });
    expect(malformed(bytes)).toContain(name);
  });

  it("refuses one value more than allowed, and takes the most", () => {
    const arrayOf = (count: number) => encode(new Array(count).fill(0));
    expect(decode(arrayOf(requestLimits.itemsMax - 1))).toHaveLength(requestLimits.itemsMax - 1);
    expect(malformed(arrayOf(requestLimits.itemsMax))).toContain("values");
  });

  it("refuses one level more than allowed, and takes the deepest", () => {
    const nested = (depth: number) => Uint8Array.from([...new Array(depth).fill(0x91), 0x01]);
    expect(decode(nested(requestLimits.depthMax))).toBeDefined();
    expect(malformed(nested(requestLimits.depthMax + 1))).toContain("deeper");
  });

  it("refuses one byte more than allowed", () => {
    const bytesOf = (count: number) => encode(new Uint8Array(count - 3));
    expect(decode(bytesOf(requestLimits.bytesMax))).toBeInstanceOf(Uint8Array);
    expect(malformed(bytesOf(requestLimits.bytesMax + 1))).toContain("bytes");
  });
});

describe("data frames", () => {
  const count = fc.maxSafeInteger().map(Math.abs);
  const number32 = fc.integer({ min: 0, max: 0xffffffff });

  it("carry a tensor bit by bit", () => {
    const values = fc.array(fc.float(), { maxLength: 300 }).map((list) => Float32Array.from(list));
    fc.assert(
      fc.property(number32, count, count, number32, values, (channel, seq, tick, dropped, tensor) => {
        const frame = parseServerMessage(withDropped(encodeFrame(channel, seq, tick, tensor), dropped));
        if (!Array.isArray(frame)) throw new Error("not a frame");
        expect(frame.slice(0, 4)).toEqual([channel, seq, tick, dropped]);
        expect(float32Values(frame[4] as Uint8Array)).toEqual(tensor);
      }),
    );
  });

  it("carry a record", () => {
    const frame = parseServerMessage(encodeFrame(1, 2, 3, { accuracy: 0.5, where: { pathway: "p" } }));
    expect(frame).toEqual([1, 2, 3, 0, { accuracy: 0.5, where: { pathway: "p" } }]);
  });

  it("copy the tensor, and say what was dropped on a copy", () => {
    const tensor = Float32Array.of(1, 2);
    const frame = encodeFrame(1, 2, 3, tensor);
    const before = [...frame];
    tensor.fill(9);
    expect(withDropped(frame, 7)).not.toBe(frame);
    expect([...frame]).toEqual(before);
    expect(withDropped(frame, 0)).toBe(frame);
  });

  it("have little-endian bytes, of a view that starts anywhere", () => {
    const bytes = encodeFrame(1, 2, 3, new Float32Array(Float32Array.of(0, 1.5).buffer, 4, 1));
    expect([...bytes.subarray(-4)]).toEqual([0x00, 0x00, 0xc0, 0x3f]);
    expect([...float32Values(bytes.subarray(-4))]).toEqual([1.5]);
    expect([...float32Values(Buffer.from(bytes).subarray(-4))]).toEqual([1.5]);
  });

  it("refuse a tensor of broken length", () => {
    expect(() => float32Values(new Uint8Array(5))).toThrow("multiple of 4");
  });
});
