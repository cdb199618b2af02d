import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { APART, RingBuffer } from "../../../clients/dashboard/store/ring-buffer.js";

describe("ring buffer", () => {
  it("holds the last rows that were pushed, in their order", () => {
    const rows = fc.array(fc.tuple(fc.nat(), fc.float({ noNaN: true }), fc.constantFrom(0, APART, 3)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), rows, (capacity, pushed) => {
        const buffer = new RingBuffer(capacity, 2);
        for (const [position, value, gap] of pushed) buffer.push(position, [value, -value], gap);
        const kept = pushed.slice(-capacity);
        expect(buffer.length).toBe(kept.length);
        for (const [index, [position, value, gap]] of kept.entries()) {
          expect(buffer.position(index)).toBe(position);
          expect([buffer.value(index, 0), buffer.value(index, 1)]).toEqual([value, -value]);
          expect(buffer.gap(index)).toBe(gap);
        }
      }),
    );
  });

  it("is empty after clear, and refuses what does not fit", () => {
    const buffer = new RingBuffer(3, 2);
    buffer.push(1, [1, 2], Number.POSITIVE_INFINITY);
    expect(buffer.gap(0)).toBe(Number.POSITIVE_INFINITY);
    buffer.clear();
    expect(buffer.length).toBe(0);
    expect(() => buffer.position(0)).toThrow("row 0 of 0");
    expect(() => buffer.push(2, [1])).toThrow("row of 1 numbers, needed 2");
  });
});
