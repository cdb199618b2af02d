import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spreadOf, summarise } from "../../src/experiments/spread.js";
import { distinct, identityColumns, rowsWhere, takeRows } from "../../src/experiments/table.js";
import { combinations } from "./figure-rows.js";

const rows = combinations({ rule: ["AP", "BP"], seed: [1, 2], epoch: [1, 2, 3], task: ["a", "b"] }).map(
  (row) => ({
    ...row,
    testAccuracy: row.epoch === 2 ? 90 + Number(row.seed) : 50,
  }),
);
const table = { axes: ["rule"], rows };

describe("a table", () => {
  it("tells results apart by its axes, and by names that a measure adds", () => {
    expect(identityColumns(table)).toEqual(["rule", "task"]);
  });

  it("gives the best line, or those of the last epoch, of each cell, task and seed", () => {
    const identity = identityColumns(table);
    const best = takeRows(rows, "best", "testAccuracy", identity);
    expect(best).toHaveLength(8);
    expect(new Set(best.map(({ epoch }) => epoch))).toEqual(new Set([2]));
    const last = takeRows([...rows, ...rows], "last", "testAccuracy", identity);
    expect(last).toHaveLength(16);
    expect(new Set(last.map(({ epoch }) => epoch))).toEqual(new Set([3]));
    expect(takeRows(rows, "all", "testAccuracy", identity)).toEqual(rows);
  });

  it("has its values in order: numbers by size, names as they come", () => {
    const mixed = [
      { a: 10, b: "z" },
      { a: 9, b: "y" },
      { a: null, b: "z" },
    ];
    expect([distinct(mixed, "a"), distinct(mixed, "b")]).toEqual([
      [9, 10],
      ["z", "y"],
    ]);
    expect(rowsWhere(mixed, { a: [9, 10], b: "z" })).toEqual([mixed[0]]);
  });
});

describe("the mean over seeds", () => {
  it("averages the lines of one seed first, then the seeds", () => {
    const lines = [
      { seed: 1, value: 1 },
      { seed: 1, value: 3 },
      { seed: 2, value: 4 },
      { seed: 3, value: null },
    ];
    const [{ spread }] = summarise(lines, [], "value", []);
    expect(spread).toEqual({ mean: 3, deviation: Math.SQRT2, count: 2 });
  });

  it("refuses to average results that differ in more than their seed", () => {
    expect(() => summarise(rows, ["rule"], "testAccuracy", ["rule", "task"])).toThrow(/task told apart/);
  });

  it("moves with its values, and its deviation stays", () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(values, fc.integer({ min: -1000, max: 1000 }), (some, shift) => {
        const [one, other] = [spreadOf(some), spreadOf(some.map((value) => value + shift))];
        expect(other?.mean).toBeCloseTo((one?.mean ?? 0) + shift, 8);
        expect(other?.deviation).toBeCloseTo(one?.deviation ?? 0, 8);
      }),
    );
    expect([spreadOf([]), spreadOf([5])]).toEqual([null, { mean: 5, deviation: null, count: 1 }]);
  });
});
