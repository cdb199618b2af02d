import { appendFile, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf } from "../../src/experiments/cells.js";
import { appendFinished, readFinished } from "../../src/experiments/finished-cells.js";
import { temporaryFolder } from "../temporary-folder.js";
import { smallStudy } from "./small-studies.js";

const folder = temporaryFolder();
const cells = cellsOf("accuracy", smallStudy);
const result = (seconds: number) => ({
  rows: [{ epoch: 1, task: "gabor", testAccuracy: 50 }],
  seconds,
  diverged: null,
});

describe("finished cells", () => {
  it("are there again", async () => {
    const path = join(folder, "all.jsonl");
    expect((await readFinished(path)).size).toBe(0);
    for (const [i, cell] of cells.entries()) await appendFinished(path, cell, result(i));
    const found = await readFinished(path);
    expect([...found]).toEqual(cells.map(({ id }, i) => [id, result(i)]));
  });

  it("are kept but for the last, wherever a crash cut the file off", async () => {
    const path = join(folder, "cut.jsonl");
    await appendFinished(path, cells[0], result(1));
    const { length } = await readFile(path);
    await appendFinished(path, cells[1], result(2));
    const whole = await readFile(path);
    for (let cut = length; cut < whole.length - 1; cut++) {
      await truncate(path, cut);
      expect([...(await readFinished(path)).keys()], `cut to ${cut} bytes`).toEqual([cells[0].id]);
      await appendFile(path, whole.subarray(cut));
    }
    await truncate(path, whole.length - 5);
    await appendFinished(path, cells[2], result(3));
    expect([...(await readFinished(path)).keys()]).toEqual([cells[0].id, cells[2].id]);
  });

  it("have nothing where a number was none", async () => {
    const path = join(folder, "nan.jsonl");
    await appendFinished(path, cells[0], {
      rows: [{ loss: Number.NaN, most: Number.POSITIVE_INFINITY }],
      seconds: 1,
      diverged: null,
    });
    expect((await readFinished(path)).get(cells[0].id)?.rows).toEqual([{ loss: null, most: null }]);
  });
});
