import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromCsv, toCsv } from "../../src/experiments/csv.js";
import type { Row, Value } from "../../src/experiments/measure.js";

const column = fc.stringMatching(/^[a-z][a-zA-Z0-9. ,"]{0,8}$/).filter((name) => name !== "study");
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", " ", "a", "1", "-", "\\") }),
  fc.constantFrom("true", "null", "NaN", "1e3", "1", "", "-0"),
  fc.double({ noDefaultInfinity: true, noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const table = fc.uniqueArray(column, { minLength: 1, maxLength: 5 }).chain((columns) =>
  fc.array(fc.tuple(...columns.map(() => value)), { minLength: 1, maxLength: 8 }).map((rows) => ({
    axes: [],
    rows: rows.map((values): Row => Object.fromEntries(columns.map((name, i) => [name, values[i]]))),
  })),
);

/** What a reader can know: columns that have something. */
const told = (rows: readonly Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => rows.some((other) => other[name] !== null))),
  );

describe("CSV", () => {
  it("reads back what was written: numbers, text of any signs, true, false and nothing", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z-]{1,6}$/), { minLength: 1, maxLength: 3 }),
        table,
        table,
        (names, one, other) => {
          const tables = Object.fromEntries(names.map((name, i) => [name, i === 0 ? one : other]));
          expect(fromCsv(toCsv(tables))).toEqual(
            Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, told(rows)])),
          );
        },
      ),
    );
  });

  it("has the study first, then the columns of all studies, in their order", () => {
    const text = toCsv({
      first: { axes: ["SR"], rows: [{ SR: 0.1, seed: 1, testAccuracy: 88.25 }] },
      second: {
        axes: [],
        rows: [
          { seed: 2, cosine: null },
          { seed: 3, cosine: "0.5" },
        ],
      },
    });
    expect(text.split("\n")).toEqual([
      "study,SR,seed,testAccuracy,cosine",
      "first,0.1,1,88.25,",
      "second,,2,,",
      'second,,3,,"""0.5"""',
      "",
    ]);
  });
});
