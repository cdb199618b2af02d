import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RunningMean } from "../../../clients/dashboard/store/running-mean.js";

describe("running mean", () => {
  it("is the mean of the last numbers, exactly for right and wrong answers", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.constantFrom(0, 1)), (window, answers) => {
        const mean = new RunningMean(window);
        for (const answer of answers) mean.push(answer);
        const last = answers.slice(-window);
        expect(mean.count).toBe(last.length);
        if (last.length > 0) {
          expect(mean.mean).toBe(last.reduce((sum: number, answer) => sum + answer, 0) / last.length);
        } else expect(mean.mean).toBeNaN();
      }),
    );
  });

  it("does not drift over many numbers", () => {
    const mean = new RunningMean(10);
    for (let count = 0; count < 100_000; count += 1) mean.push(1e9 * Math.sin(count));
    for (let count = 0; count < 10; count += 1) mean.push(0.1);
    expect(mean.mean).toBeCloseTo(0.1, 12);
  });
});
