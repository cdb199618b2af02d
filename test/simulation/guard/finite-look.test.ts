import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { holdsNumbers } from "../../../src/simulation/guard/finite-look.js";

describe("a look at whether a tensor holds numbers", () => {
  it.each(["reference", "simd", "wasm"])(
    "finds the one that is none, wherever it is, on %s",
    async (backend) => {
      const kernels = await openKernels(backend);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 70 }),
          fc.integer({ min: 1, max: 90 }),
          fc.nat(),
          fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
          async (batch, units, at, none) => {
            const data = new Float32Array(batch * units).fill(1e30);
            const whole = kernels.tensor(data, [batch, units]);
            data[at % data.length] = none;
            const broken = kernels.tensor(data, [batch, units]);
            expect(await holdsNumbers(kernels, whole, at)).toBe(true);
            const looks = await Promise.all(
              // of a large tensor other units at other ticks
              Array.from({ length: 60 }, (_, tick) => holdsNumbers(kernels, broken, tick)),
            );
            expect(looks).toContain(false);
            for (const tensor of [whole, broken]) kernels.dispose(tensor);
          },
        ),
        { numRuns: 30 },
      );
      expect(kernels.live()).toBe(0);
      kernels.close();
    },
  );
});
