import { afterAll, describe, expect, it } from "vitest";
import { random } from "../../../src/model/random.js";
import { joined, openVariant, variants } from "./engines.js";
import { values } from "./large-cases.js";

describe.each(variants)("sizes beyond sixteen bits in %s", (variant) => {
  const open = openVariant(variant, 2);
  const { kernels } = open;
  afterAll(() => kernels.close());

  it("a pathway reads the last of 70,000 units", async () => {
    const sourceUnits = 70_000;
    const data = new Float32Array(sourceUnits);
    for (const unit of [3, 65_535, 65_536, 69_999]) data[unit] = 1;
    const weights = values(random(1, "wide"), sourceUnits * 3, 0);
    const at = (unit: number, column: number) => weights[unit * 3 + column];
    for (const batch of [1, 2]) {
      const rows = Float32Array.from(
        { length: batch * sourceUnits },
        (_, index) => data[index % sourceUnits],
      );
      const drive = kernels.drive({
        batch,
        units: 3,
        terms: [
          {
            source: kernels.tensor(rows, [batch, sourceUnits]),
            block: [0, sourceUnits],
            weights: kernels.tensor(weights, [sourceUnits, 3]),
            scale: 1,
            target: [0, 3],
          },
        ],
      });
      const expected = [0, 1, 2].map((column) =>
        [3, 65_535, 65_536, 69_999].reduce((sum, unit) => Math.fround(sum + at(unit, column)), 0),
      );
      expect(Array.from(await kernels.read(drive)).slice(-3)).toEqual(expected);
    }
  });

  it("a batch may have more tiles than a ticket has parts", async () => {
    await joined(open);
    const batch = 65_536 * 16 + 5;
    const rows = Float32Array.from({ length: batch }, (_, row) => row % 1000);
    const base = kernels.tensor(rows, [batch, 1]);
    const drive = kernels.drive({ batch, units: 1, terms: [], base });
    expect(await kernels.read(drive)).toEqual(rows);
    kernels.dispose(base);
    kernels.dispose(drive);
  });
});
