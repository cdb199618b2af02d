import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseUnits, EVERY_BLOCK } from "../../../clients/dashboard/unit-choice.js";

const quarters = { RI: [0, 64], SI: [64, 128], RE: [128, 192], SE: [192, 256] } as const;

/** Blocks in a row, of any sizes, that need not cover the module. */
const modules = fc
  .array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 60 })), { maxLength: 6 })
  .chain((parts) => {
    const blocks: Record<string, [number, number]> = {};
    let end = 0;
    for (const [index, [gap, size]] of parts.entries()) {
      blocks[`b${index}`] = [end + gap, end + gap + size];
      end += gap + size;
    }
    const neurons = end + 3;
    return fc.record({
      blocks: fc.constant(blocks),
      neurons: fc.constant(neurons),
      block: fc.constantFrom(EVERY_BLOCK, ...Object.keys(blocks)),
    });
  });

describe("choice of units", () => {
  it("takes a few of each block in one stride", () => {
    expect(chooseUnits(quarters, 256, EVERY_BLOCK, 3)).toEqual({
      units: { start: 0, end: 256, every: 21 },
      width: 13,
      strips: [
        { name: "RI", columns: [0, 1, 2], units: [0, 21, 42] },
        { name: "SI", columns: [4, 5, 6], units: [84, 105, 126] },
        { name: "RE", columns: [7, 8, 9], units: [147, 168, 189] },
        { name: "SE", columns: [10, 11, 12], units: [210, 231, 252] },
      ],
    });
  });

  it("shows only units of the block that a strip is named after, from columns that the frame has", () => {
    fc.assert(
      fc.property(modules, fc.integer({ min: 1, max: 24 }), ({ blocks, neurons, block }, count) => {
        const { units, width, strips } = chooseUnits(blocks, neurons, block, count);
        expect(units.start).toBeLessThan(units.end);
        expect(units.end).toBeLessThanOrEqual(neurons);
        expect(width).toBe(Math.ceil((units.end - units.start) / units.every));
        const shown = block === EVERY_BLOCK ? Object.keys(blocks) : [block];
        expect(strips.map(({ name }) => name)).toEqual(shown.length > 0 ? shown : ["all units"]);
        for (const strip of strips) {
          const [start, end] = blocks[strip.name] ?? [0, neurons];
          expect(strip.columns.length).toBe(Math.min(count, end - start));
          expect(new Set(strip.columns).size).toBe(strip.columns.length);
          for (const [index, column] of strip.columns.entries()) {
            expect(column).toBeLessThan(width);
            const unit = units.start + column * units.every;
            expect(strip.units[index]).toBe(unit);
            expect(unit).toBeGreaterThanOrEqual(start);
            expect(unit).toBeLessThan(end);
          }
        }
      }),
    );
  });
});
