import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { axisColumns, cellsOf } from "../../src/experiments/cells.js";
import { studySchema } from "../../src/experiments/study.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { errorOf } from "../error-of.js";
import { smallRun, smallStudy } from "./small-studies.js";

describe("the cells of a study", () => {
  it("are all combinations with every seed, the first seed first", () => {
    const cells = cellsOf("accuracy", smallStudy);
    expect(cells.map(({ labels, seed }) => [labels.rule, labels.SR, seed])).toEqual([
      ["STE", 0.1, 1],
      ["STE", 0.5, 1],
      ["EPE", 0.1, 1],
      ["EPE", 0.5, 1],
      ["STE", 0.1, 2],
      ["STE", 0.5, 2],
      ["EPE", 0.1, 2],
      ["EPE", 0.5, 2],
    ]);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(8);
  });

  it("set in their runs what their labels say", () => {
    for (const { run, labels, seed } of cellsOf("accuracy", smallStudy)) {
      const resolved = resolveRun(run);
      expect(resolved.rule).toBe(labels.rule);
      expect(resolved.network.modules.get("m1")?.spectralRadius).toBe(labels.SR);
      expect(resolved.seed).toBe(seed);
    }
  });

  it("of choices and cases have what each sets; names of numbers are numbers", () => {
    const cells = cellsOf("sizes", {
      run: smallRun,
      vary: {
        epochs: { choices: { 1: { "schedule.epochs": 1 }, many: { "schedule.epochs": 7 } } },
        size: {
          cases: [
            { labels: { block: 4, roles: "apart" }, set: { "network.neurons": 16 } },
            { labels: { block: 8, roles: "apart" }, set: { "network.neurons": 32 } },
          ],
        },
      },
    });
    expect(cells.map(({ labels }) => labels)).toEqual([
      { epochs: 1, block: 4, roles: "apart" },
      { epochs: 1, block: 8, roles: "apart" },
      { epochs: "many", block: 4, roles: "apart" },
      { epochs: "many", block: 8, roles: "apart" },
    ]);
    const last = resolveRun(cells[3].run);
    expect(last.schedule).toMatchObject({ epochs: 7 });
    expect(last.network.modules.get("m1")?.neurons).toBe(32);
  });

  it("set fields of the study last, and options of the measure by their prefix", () => {
    const [cell] = cellsOf("accuracy", {
      ...smallStudy,
      set: { rule: "EPE", "measure.until": 90 },
      options: { until: 50 },
    });
    expect(resolveRun(cell.run).rule).toBe("EPE");
    expect(cell.options).toEqual({ until: 90 });
  });

  it("have the seed of their run, unless the study says which", () => {
    const seeds = (study: Partial<typeof smallStudy>) =>
      cellsOf("seeds", { run: { ...smallRun, seed: 7 }, ...study }).map(({ seed, run }) => [
        seed,
        resolveRun(run).seed,
      ]);
    expect(seeds({})).toEqual([[7, 7]]);
    expect(seeds({ seeds: 2 })).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(seeds({ vary: { run: { choices: { a: { seed: 3 }, b: {} } } } })).toEqual([
      [3, 3],
      [7, 7],
    ]);
  });

  it("have ids that follow from what they are, and from nothing else", () => {
    const ids = (study: typeof smallStudy) => cellsOf("accuracy", study).map(({ id }) => id);
    expect(ids(smallStudy)).toEqual(ids(structuredClone(smallStudy)));
    const longer = ids({ ...smallStudy, seeds: [1, 2, 3] });
    expect(longer.slice(0, 8)).toEqual(ids(smallStudy));
    expect(ids({ ...smallStudy, set: { beta: 0.5 } }).some((id) => longer.includes(id))).toBe(false);
  });

  it("number the product of the axes, whatever these are", () => {
    const values = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: 1, max: 3 }), (betas, batches, seeds) => {
        const cells = cellsOf("product", { run: smallRun, vary: { beta: betas, batch: batches }, seeds });
        expect(cells).toHaveLength(betas.length * batches.length * seeds);
        for (const { labels } of cells) {
          expect(betas).toContain(labels.beta);
          expect(batches).toContain(labels.batch);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    [{ run: {} }, "network: given nothing"],
    [{ run: { ...smallRun, rule: "XYZ" } }, "run.rule"],
    [{ run: smallRun, vary: { "network.neurns": [16] } }, "did you mean neurons?"],
    [{ run: smallRun, vary: { seed: [1, 2] } }, 'given "seed", needed a name for the axis'],
    [{ run: smallRun, vary: { study: { path: "beta", values: [1] } } }, "needed a name for the axis"],
    [
      {
        run: smallRun,
        vary: { beta: [1], other: { cases: [{ labels: { beta: 2 }, set: { batch: 3 } }] } },
      },
      'given "beta", needed a name for the axis',
    ],
    [{ run: smallRun, seeds: 2, set: { seed: 5 } }, "needed seeds alone"],
    [
      {
        run: smallRun,
        vary: {
          beta: Array.from({ length: 500 }, (_, i) => i + 1),
          batch: Array.from({ length: 500 }, (_, i) => i + 1),
        },
      },
      "given 250000, needed at most 100000 combinations",
    ],
    [{ run: smallRun, vary: { beta: [] } }, "study wrong.vary.beta"],
    [{ run: smallRun, vary: { beta: [1, 1] } }, "two values of an axis are the same"],
    [{ run: smallRun, measure: "trainin" }, "training"],
    [{ run: smallRun, options: { unti: 3 } }, "did you mean until?"],
  ])("are refused: %j", (study, message) => {
    expect(errorOf(() => cellsOf("wrong", study)).message).toContain(message);
  });
});

describe("the columns of a study", () => {
  it("are the names of its axes, or those of its cases", () => {
    const study = studySchema.parse({
      run: smallRun,
      vary: { rule: ["STE"], size: { cases: [{ labels: { block: 4, roles: "apart" }, set: {} }] } },
    });
    expect(axisColumns(study)).toEqual(["rule", "block", "roles"]);
  });
});
