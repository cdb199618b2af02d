import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DriveRequest, Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { RestingDrive } from "../../src/streams/resting-drive.js";

/** Reference kernels that count the drives they make. */
function counted() {
  const reference = referenceKernels();
  let made = 0;
  const kernels: Kernels = {
    ...reference,
    drive(request) {
      made += 1;
      return reference.drive(request);
    },
  };
  return { kernels, made: () => made };
}

const change = fc.record({
  source: fc.nat({ max: 1 }),
  weights: fc.nat({ max: 1 }),
  scale: fc.constantFrom(1, 0.5),
  target: fc.nat({ max: 1 }),
  terms: fc.integer({ min: 0, max: 2 }),
  base: fc.boolean(),
});

describe("a resting drive", () => {
  it("is what the kernels make of the request, and made only when the request is another", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const { kernels, made } = counted();
        const row = (...values: number[]) => kernels.tensor(Float32Array.from(values), [1, values.length]);
        const sources = [row(1, 2), row(3, 4)];
        const weights = [1, 2].map((value) => kernels.tensor(Float32Array.of(value, -value), [2, 1]));
        const base = row(10, 20);
        const targets = [
          [0, 1],
          [1, 2],
        ] as const;
        const block = [0, 2] as const;
        const drive = new RestingDrive(kernels);
        let before = "";
        for (const given of changes) {
          const term = {
            source: sources[given.source],
            block,
            weights: weights[given.weights],
            scale: given.scale,
            target: targets[given.target],
          };
          const request: DriveRequest = {
            batch: 1,
            units: 2,
            terms: Array.from({ length: given.terms }, () => ({ ...term })),
            base: given.base ? base : undefined,
          };
          const already = made();
          const lent = drive.of(request);
          const same = JSON.stringify(given.terms === 0 ? [0, given.base] : given);
          expect(made() - already).toBe(same === before ? 0 : 1);
          before = same;
          const fresh = kernels.drive(request);
          expect(await kernels.read(lent)).toEqual(await kernels.read(fresh));
          kernels.dispose(fresh);
        }
        drive.close();
        expect(kernels.live()).toBe(5);
      }),
    );
  });
});
