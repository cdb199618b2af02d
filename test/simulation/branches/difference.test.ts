import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference } from "../../../src/simulation/branches/difference.js";

describe("the difference of two simulations", () => {
  it("is original minus twin at every tick that both told, whoever is ahead, in order", () => {
    const ticks = fc.uniqueArray(fc.nat(40), { maxLength: 25 }).map((list) => list.sort((a, b) => a - b));
    const turns = fc.array(fc.boolean(), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(ticks, ticks, turns, (left, right, order) => {
        const seen: [number, number][] = [];
        const joined = difference((tick, [value]) => seen.push([tick, value]));
        const [a, b] = [[...left], [...right]];
        for (const first of order) {
          const tick = first ? a.shift() : b.shift();
          if (tick === undefined) continue;
          if (first) joined.original(tick, Float32Array.of(3 * tick));
          else joined.twin(tick, Float32Array.of(tick + 1));
        }
        const rest = (side: number[], tell: (tick: number) => void) => side.forEach(tell);
        rest(a, (tick) => joined.original(tick, Float32Array.of(3 * tick)));
        rest(b, (tick) => joined.twin(tick, Float32Array.of(tick + 1)));
        const both = left.filter((tick) => right.includes(tick));
        expect(seen).toEqual(both.map((tick) => [tick, 2 * tick - 1]));
      }),
    );
  });

  it("drops the oldest of what waits in vain, so that one that lags costs bounded memory", () => {
    const seen: number[] = [];
    const joined = difference((tick) => seen.push(tick));
    const values = new Float32Array(1024 * 1024);
    for (let tick = 0; tick < 10; tick++) joined.original(tick, values);
    for (let tick = 0; tick < 10; tick++) joined.twin(tick, values);
    expect(seen).toEqual([6, 7, 8, 9]);
  });
});
