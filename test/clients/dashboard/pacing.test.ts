import { backOffMs } from "eddy/client";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everyFor } from "../../../clients/dashboard/decimation.js";
import { TickRate } from "../../../clients/dashboard/tick-rate.js";

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("back-off", () => {
  it("is 0.5 to 30 s, and its bound doubles until then", () => {
    fc.assert(
      fc.property(fc.nat({ max: 5000 }), random, (attempt, chance) => {
        const waitMs = backOffMs(attempt, chance);
        expect(waitMs).toBeGreaterThanOrEqual(500);
        expect(waitMs).toBeLessThanOrEqual(Math.min(30_000, 1000 * 2 ** attempt));
      }),
    );
    expect(backOffMs(10, 1 - Number.EPSILON)).toBeGreaterThan(29_999);
  });

  it("spreads clients that were cut off together", () => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), random, random, (attempt, one, other) => {
        fc.pre(Math.abs(one - other) > 1e-6);
        expect(backOffMs(attempt, one)).not.toBe(backOffMs(attempt, other));
      }),
    );
  });
});

describe("decimation", () => {
  const rate = fc.double({ min: 0, max: 1e6, noNaN: true });
  const current = fc.constantFrom(1, 2, 5, 10, 20, 50, 1000, 100_000);

  it("gives a plot at most 66 frames a second, and 12 or more when there are so many ticks", () => {
    fc.assert(
      fc.property(rate, current, (ticksPerSecond, before) => {
        const framesPerSecond = ticksPerSecond / everyFor(ticksPerSecond, before);
        expect(framesPerSecond).toBeLessThanOrEqual(66);
        expect(framesPerSecond).toBeGreaterThanOrEqual(Math.min(12, ticksPerSecond));
      }),
    );
  });

  it("settles: what it has chosen it keeps, also when the rate moves a little", () => {
    fc.assert(
      fc.property(rate, current, fc.double({ min: 0.9, max: 1.1, noNaN: true }), (ticks, before, factor) => {
        const every = everyFor(ticks, before);
        expect(everyFor(ticks, every)).toBe(every);
        const chosenAnew = every !== before;
        if (chosenAnew) expect(everyFor(ticks * factor, every)).toBe(every);
      }),
    );
  });

  it("shows every tick of a simulation that stands", () => {
    expect(everyFor(0, 1000)).toBe(1);
  });
});

describe("tick rate", () => {
  it("is that of the last heartbeats", () => {
    const rate = new TickRate();
    expect(rate.ticksPerSecond).toBeUndefined();
    rate.add(100, 1000);
    expect(rate.ticksPerSecond).toBeUndefined();
    rate.add(150, 2000);
    expect(rate.ticksPerSecond).toBe(50);
    for (const second of [3, 4, 5]) rate.add(150 + 200 * (second - 2), second * 1000);
    expect(rate.ticksPerSecond).toBe(200);
  });

  it("starts anew where ticks run backwards, as after a restart", () => {
    const rate = new TickRate();
    rate.add(1000, 0);
    rate.add(5, 1000);
    expect(rate.ticksPerSecond).toBeUndefined();
    rate.add(25, 2000);
    expect(rate.ticksPerSecond).toBe(20);
  });
});
