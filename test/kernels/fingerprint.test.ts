import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { backendNames, openKernels } from "../../src/kernels/backends.js";
import { fingerprint, fingerprintOf } from "../../src/kernels/fingerprint.js";

const numbers = fc.float32Array({ minLength: 1, maxLength: 200 });

const opened = await Promise.all(["reference", "simd", "cpu", "wasm"].map((name) => openKernels(name)));
afterAll(() => {
  for (const kernels of opened) kernels.close();
});

describe("a fingerprint", () => {
  it("is MurmurHash3: its published values", () => {
    const ofWords = (...words: number[]) =>
      fingerprint(new Float32Array(Uint32Array.from(words).buffer)).hash;
    // verification values of SMHasher's x86_32 with seed 0, as other implementations give them
    expect(ofWords()).toBe("00000000");
    expect(ofWords(0xffffffff)).toBe("76293b50");
    expect(ofWords(0x87654321)).toBe("f55b516b");
    expect(ofWords(0)).toBe("2362f9de");
  });

  it("changes with any one bit", () => {
    fc.assert(
      fc.property(numbers, fc.nat(), fc.nat({ max: 31 }), (values, at, bit) => {
        const other = values.slice();
        new Uint32Array(other.buffer)[at % values.length] ^= 1 << bit;
        expect(fingerprint(other).hash).not.toBe(fingerprint(values).hash);
      }),
    );
  });

  it("says how large the numbers are", () => {
    expect(fingerprint(Float32Array.of(1, -2, 3, -6)).magnitude).toBe(3);
    expect(fingerprint(new Float32Array(0)).magnitude).toBe(0);
    expect(fingerprint(Float32Array.of(1, Number.NaN)).magnitude).toBeNaN();
  });

  it.each(opened.map((kernels) => [kernels.name, kernels] as const))(
    "of a tensor on %s is that of its numbers, in whatever form they lie",
    async (name, kernels) => {
      expect(backendNames).toContain(name);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 1, max: 9 }),
          async (batch, units) => {
            const data = Float32Array.from({ length: batch * units }, (_unused, i) =>
              Math.fround(Math.sin(i + batch)),
            );
            const tensor = kernels.tensor(data, [batch, units]);
            // a difference leaves its result in the form that the backend computes with
            const zero = kernels.difference(tensor, tensor);
            const same = kernels.difference(tensor, zero);
            expect(await fingerprintOf(kernels, same)).toEqual(fingerprint(data));
            for (const handle of [tensor, zero, same]) kernels.dispose(handle);
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
