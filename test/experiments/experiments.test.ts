import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { axisColumns, cellsOf } from "../../src/experiments/cells.js";
import { conduct } from "../../src/experiments/conduct.js";
import type { Experiment } from "../../src/experiments/experiment.js";
import { experiments } from "../../src/experiments/experiments.js";
import { formNames, studiesOf } from "../../src/experiments/forms.js";
import { panelSchema } from "../../src/experiments/panel.js";
import { readTables } from "../../src/experiments/write-result.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { dataDirectory } from "../../src/streams/tasks/data-directory.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const data = dataDirectory();

const cellsIn = (experiment: Experiment, form: (typeof formNames)[number]) =>
  Object.entries(studiesOf(experiment, form)).flatMap(([name, study]) => cellsOf(name, study));

/** The first data set that an experiment's smoke form needs and that is not here. */
const missing = (experiment: Experiment): string | undefined =>
  cellsIn(experiment, "smoke")
    .flatMap(({ run }) => Object.values(resolveRun(run).stimuli).map(({ source }) => source))
    .find((source) => source !== "gabor" && !existsSync(join(data, source)));

describe("the experiments", () => {
  it("have names of their own", () => {
    const names = experiments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it.each(experiments)(
    "$name: every form is a description, the shorter ones of no more cells",
    (experiment) => {
      const [full, quick, smoke] = formNames.map((form) => cellsIn(experiment, form).length);
      expect(quick).toBeLessThanOrEqual(full);
      expect(smoke).toBeLessThanOrEqual(full);
      expect(smoke).toBeGreaterThan(0);
    },
  );

  it.each(experiments)("$name: every reference speaks of a cell, every panel of a study", (experiment) => {
    const studies = studiesOf(experiment, "full");
    const [first] = Object.keys(studies);
    const cells = cellsIn(experiment, "full");
    for (const { study = first, where } of experiment.references) {
      const columns = axisColumns(studies[study]);
      const own = Object.entries(where).filter(([column]) => columns.includes(column));
      const found = cells.some(
        (cell) => cell.study === study && own.every(([column, value]) => cell.labels[column] === value),
      );
      expect(found, JSON.stringify({ study, where })).toBe(true);
    }
    for (const panel of experiment.panels) {
      const { study = first } = panelSchema.parse(panel);
      expect(Object.keys(studies)).toContain(study);
    }
  });
});

describe("the smoke form of", () => {
  for (const experiment of experiments) {
    const absent = missing(experiment);
    it.skipIf(absent !== undefined)(
      absent === undefined ? experiment.name : `${experiment.name} (${absent} is not in EDDY_DATA)`,
      { timeout: 300_000 },
      async () => {
        const studies = studiesOf(experiment, "smoke");
        const out = join(folder, experiment.name);
        const { cells } = await conduct(experiment, {
          form: "smoke",
          studies,
          backend: "simd",
          data,
          out,
          jobs: 1,
          force: false,
          origin: { command: "eddy", eddy: "0", node: "0", machine: {} },
          signal: new AbortController().signal,
          tell() {},
        });
        expect(cells.finished).toBe(cells.all);
        const tables = await readTables(out, studies);
        for (const [name, { rows }] of Object.entries(tables)) expect(rows.length, name).toBeGreaterThan(0);
        // a column that no row has would be a reference to nothing
        for (const { study = Object.keys(studies)[0], where, of } of experiment.references) {
          const columns = Object.keys(tables[study].rows[0]);
          expect(columns).toEqual(expect.arrayContaining([...Object.keys(where), of]));
        }
        for (const file of ["figure.svg", "figure.png", "report.md"])
          expect(existsSync(join(out, file)), file).toBe(true);
      },
    );
  }
});
