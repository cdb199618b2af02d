import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  histogram,
  quantised,
  reducerOf,
  samplesNeeded,
} from "../../../src/simulation/watching/reduction.js";
import { seeded } from "../../arbitraries/seeded.js";

const values = fc.array(fc.float({ noNaN: true, min: -3, max: 3 }), { minLength: 1, maxLength: 50 });

describe("a histogram", () => {
  it("counts each value once, in the bin whose edges it lies between", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (given, bins) => {
        const counts = histogram(Float32Array.from(given), bins, [-1, 1]);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(given.length);
        const wanted = new Float32Array(bins);
        for (const value of given) {
          let bin = 0;
          while (bin < bins - 1 && (value + 1) * (bins / 2) >= bin + 1) bin++;
          wanted[bin] += 1;
        }
        expect(counts).toEqual(wanted);
      }),
      seeded(100),
    );
  });

  it("counts what lies outside in the outer bins, and NaN in none", () => {
    const given = Float32Array.from([-9, -1, 0.99, 1, Number.POSITIVE_INFINITY, Number.NaN]);
    expect([...histogram(given, 4, [-1, 1])]).toEqual([2, 0, 0, 3]);
  });
});

describe("bytes", () => {
  it("are at most half a step from the value, within the range", () => {
    fc.assert(
      fc.property(values, (given) => {
        const range = [-2, 1.5] as const;
        const bytes = quantised(Float32Array.from(given), range);
        const step = (range[1] - range[0]) / 255;
        for (const [i, value] of given.entries()) {
          const clipped = Math.max(range[0], Math.min(range[1], value));
          expect(Math.abs(range[0] + step * bytes[i] - clipped)).toBeLessThanOrEqual(step / 2 + 1e-6);
        }
      }),
      seeded(100),
    );
  });

  it("of what is no number are 0", () => {
    const given = Float32Array.from([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect([...quantised(given, [-1, 1])]).toEqual([0, 255, 0]);
  });
});

describe("components", () => {
  /** On a plane in five dimensions: large along one direction, small along another. */
  const sample = (tick: number): Float32Array => {
    const [a, b] = [3 * Math.cos(tick / 7), Math.sin(tick / 7)];
    return Float32Array.from([0.6 * a + 1, 0.8 * a, b - 2, 0, 5]);
  };

  it("show nothing until there are enough samples, then where a value lies on the directions of most variance", () => {
    const reducer = reducerOf({ kind: "components", count: 3 });
    for (let tick = 0; tick < samplesNeeded - 1; tick++) {
      expect(reducer.collects()).toBe(true);
      expect(reducer.reduce(sample(tick))).toBeNull();
    }
    const frames: Float32Array[] = [];
    for (let tick = samplesNeeded - 1; tick < 2 * samplesNeeded; tick++) {
      expect(reducer.collects()).toBe(tick === samplesNeeded - 1);
      frames.push(reducer.reduce(sample(tick)) as Float32Array);
    }
    const [first] = frames;
    for (const [i, frame] of frames.entries()) {
      const tick = samplesNeeded - 1 + i;
      expect(frame).toHaveLength(3);
      // the third does not vary
      expect(frame[2]).toBe(0);
      const moved = Math.hypot(frame[0] - first[0], frame[1] - first[1]);
      const wanted = Math.hypot(...sample(tick).map((value, k) => value - sample(samplesNeeded - 1)[k]));
      expect(moved).toBeCloseTo(wanted, 4);
    }
    const spread = (k: number) => Math.max(...frames.map((frame) => Math.abs(frame[k])));
    expect(spread(0)).toBeGreaterThan(2 * spread(1));
  });

  it("of the same samples are the same, signs included", () => {
    const [one, other] = [0, 1].map(() => reducerOf({ kind: "components", count: 2 }));
    for (let tick = 0; tick < samplesNeeded + 20; tick++) {
      expect(one.reduce(sample(tick))).toEqual(other.reduce(sample(tick)));
    }
  });
});
