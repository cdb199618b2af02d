import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { parseSafetensors, serialiseSafetensors } from "../../src/simulation/safetensors.js";
import { seeded } from "../arbitraries/seeded.js";

const whole = readFileSync(new URL("../golden/ste-2x64.safetensors", import.meta.url));
const small = serialiseSafetensors(
  new Map([
    ["a", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ["b", { shape: [], data: Float32Array.of(7) }],
  ]),
);

/** Reads bytes: whole tensors come out, or a refusal of the file does; nothing else may. */
function attempt(bytes: Uint8Array): "read" | "refused" {
  try {
    for (const { shape, data } of parseSafetensors(bytes, "a file").values())
      expect(data.length).toBe(shape.reduce((size, axis) => size * axis, 1));
    return "read";
  } catch (error) {
    expect(error).toBeInstanceOf(EddyError);
    expect(error).toMatchObject({ code: "FILE_INVALID", message: expect.stringMatching(/^a file: [^\n]*$/) });
    return "refused";
  }
}

describe("a safetensors file that is not as it was written", () => {
  it("is refused when the end of a real one is missing", () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
        expect(attempt(whole.subarray(0, length))).toBe("refused");
      }),
      seeded(100),
    );
    expect(attempt(whole)).toBe("read");
  });

  it("is read or refused, whatever byte of its header is another", () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.nat({ max: small.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const bytes = small.slice();
        bytes[at] = value;
        outcomes[attempt(bytes)] += 1;
      }),
      seeded(2000),
    );
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(100);
  });

  it("is refused when it is noise, or any other JSON", () => {
    const text = fc.json().map((json) => {
      const header = new TextEncoder().encode(json);
      const bytes = new Uint8Array(8 + header.length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
      bytes.set(header, 8);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), text), (bytes) => void attempt(bytes)),
      seeded(1000),
    );
  });
});
