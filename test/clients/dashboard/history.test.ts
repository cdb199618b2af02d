import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../../clients/dashboard/store/history.js";

describe("history", () => {
  it("covers everything since the beginning, evenly, in bounded memory, and ends with the latest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat({ max: 500 }), (half, count) => {
        const capacity = 2 * half;
        const history = new History(capacity);
        for (let trial = 0; trial < count; trial += 1) history.push([trial]);
        const trials = history.rows().map(([trial]) => trial);
        expect(trials.length).toBeLessThanOrEqual(capacity);
        if (count === 0) return;
        expect(trials[0]).toBe(0);
        expect(trials.at(-1)).toBe(count - 1);
        expect(trials.slice(0, -1)).toEqual(trials.slice(0, -1).map((_, index) => index * history.stride));
      }),
    );
  });
});
