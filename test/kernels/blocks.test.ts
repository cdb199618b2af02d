import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { union } from "../../src/kernels/blocks.js";
import type { Block } from "../../src/kernels/kernels.js";

describe("union of blocks", () => {
  const block = fc
    .tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 }))
    .map(([a, b]): Block => [Math.min(a, b), Math.max(a, b)]);
  const units = (blocks: readonly Block[]) =>
    new Set(blocks.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));

  it("has their units, each once, in ascending order with gaps between", () => {
    fc.assert(
      fc.property(fc.array(block), (blocks) => {
        const united = union(blocks);
        expect([...units(united)]).toEqual([...units(blocks)].sort((a, b) => a - b));
        for (const [i, [start, end]] of united.entries()) {
          expect(start).toBeLessThan(end);
          if (i > 0) expect(start).toBeGreaterThan(united[i - 1][1]);
        }
      }),
    );
  });
});
