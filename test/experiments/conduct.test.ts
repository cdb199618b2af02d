import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ConductEvent, type ConductOptions, conduct } from "../../src/experiments/conduct.js";
import { fromCsv } from "../../src/experiments/csv.js";
import type { Experiment } from "../../src/experiments/experiment.js";
import { studiesOf } from "../../src/experiments/forms.js";
import type { StudyInput } from "../../src/experiments/study.js";
import { rejectionOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";
import { smallExperiment } from "./small-studies.js";

const folder = temporaryFolder();
const origin = { command: "eddy experiment small", eddy: "0", node: "0", machine: { cores: 1 } };

/** Makes the small experiment into a folder of this name, and keeps what it tells. */
async function make(
  name: string,
  changes: Partial<ConductOptions> = {},
  experiment: Experiment = smallExperiment,
) {
  const events: ConductEvent[] = [];
  const options: ConductOptions = {
    form: "full",
    studies: studiesOf(experiment, "full"),
    backend: "reference",
    data: folder,
    out: join(folder, name),
    jobs: 1,
    force: false,
    origin,
    signal: new AbortController().signal,
    tell: (event) => void events.push(event),
    ...changes,
  };
  const record = await conduct(experiment, options);
  return { record, measured: events.filter(({ kind }) => kind === "cell").length };
}

const rowsIn = async (name: string) =>
  fromCsv(await readFile(join(folder, name, "data.csv"), "utf8")).accuracy;

/** Rows without the time that they took. */
const results = async (name: string) => (await rowsIn(name)).map(({ seconds: _, ...row }) => row);

/** Aborts after so many cells. */
function stopAfter(cells: number): Pick<ConductOptions, "signal" | "tell"> {
  const controller = new AbortController();
  let left = cells;
  return {
    signal: controller.signal,
    tell(event) {
      if (event.kind === "cell" && --left === 0) controller.abort();
    },
  };
}

describe("an experiment", () => {
  it("leaves data, figure, report and what it was made with", async () => {
    const { record, measured } = await make("whole");
    expect(measured).toBe(8);
    expect(record).toMatchObject({ ...origin, cells: { finished: 8, all: 8 }, jobs: 1 });
    expect((await readdir(join(folder, "whole"))).sort()).toEqual([
      "data.csv",
      "figure.png",
      "figure.svg",
      "report.md",
      "run.json",
    ]);
    const rows = await rowsIn("whole");
    expect(rows).toHaveLength(16);
    expect(rows[0]).toMatchObject({ rule: "STE", SR: 0.1, seed: 1, epoch: 1, task: "gabor" });
  });

  it("goes on after an interruption, and gives the same numbers", async () => {
    const { record } = await make("stopped", stopAfter(3));
    expect(record.cells).toEqual({ finished: 3, all: 8 });
    expect(await rowsIn("stopped")).toHaveLength(6);
    expect((await make("stopped")).measured).toBe(5);
    expect(await results("stopped")).toEqual(await results("whole"));
    expect(existsSync(join(folder, "stopped", "cells.jsonl"))).toBe(false);
  });

  it("that is complete is drawn anew and not measured again", async () => {
    const report = join(folder, "whole", "report.md");
    const before = await readFile(report, "utf8");
    await writeFile(report, "");
    expect((await make("whole")).measured).toBe(0);
    expect(await readFile(report, "utf8")).toBe(before);
  });

  it("does not take the place of one of another description, unless it is forced to", async () => {
    const studies = studiesOf(smallExperiment, "full", { epochs: 1 });
    const { code, message } = await rejectionOf(make("whole", { studies }));
    expect(code).toBe("FILE_EXISTS");
    expect(message).toContain("studies.accuracy.set.schedule.epochs is absent there and 1 here");
    expect(message).toContain("--force");
    await make("replaced");
    expect((await make("replaced", { studies, force: true })).measured).toBe(8);
    expect(await rowsIn("replaced")).toHaveLength(8);
  });

  it("refuses a folder with other files, forced or not, and leaves them", async () => {
    const other = temporaryFolder();
    await writeFile(join(other, "thesis.txt"), "mine");
    for (const force of [false, true])
      expect((await rejectionOf(make("", { out: other, force }))).code).toBe("FILE_EXISTS");
    expect(await readFile(join(other, "thesis.txt"), "utf8")).toBe("mine");
    const foreign = temporaryFolder();
    await writeFile(join(foreign, "run.json"), '{"a": 1}');
    for (const force of [false, true])
      expect((await rejectionOf(make("", { out: foreign, force }))).code).toBe("FILE_EXISTS");
    expect(await readFile(join(foreign, "run.json"), "utf8")).toBe('{"a": 1}');
  });

  it("says before it measures that data are missing, and how to get them", async () => {
    const set = {
      stimuli: { gabor: { source: "mnist" } },
      "network.inputs": 784,
      "network.outputs": 10,
    };
    const out = join(folder, "no-data");
    const { code, message } = await rejectionOf(
      make("no-data", { studies: studiesOf(smallExperiment, "full", { set }) }),
    );
    expect(code).toBe("DATA_MISSING");
    expect(message).toContain("eddy data get mnist");
    expect(existsSync(out)).toBe(false);
  });

  it("counts a cell whose numbers overflow among the finished, and says which", async () => {
    const vary = { SR: { path: "network.spectralRadius", values: [0.1, 100] } };
    const experiment = withVary(vary);
    const set = { "network.activation": "linear", "iterations.inference": 40 };
    const { record } = await make(
      "diverged",
      { studies: studiesOf(experiment, "full", { set }) },
      experiment,
    );
    expect(record.cells).toEqual({ finished: 4, all: 4 });
    expect(record.diverged.map(({ cell }) => cell)).toEqual(["SR 100, seed 1", "SR 100, seed 2"]);
    expect((await rowsIn("diverged")).every(({ SR }) => SR === 0.1)).toBe(true);
    expect(await readFile(join(folder, "diverged", "report.md"), "utf8")).toMatch(
      /SR 100, seed 1: the loss became/,
    );
  });

  it("measures the other cells when one is refused, and then tells which", async () => {
    const vary = { rule: ["EP", "STE"] };
    const experiment = withVary(vary, { "stimuli.gabor.trainingImages": 60 });
    const missing = {
      ...experiment,
      studies: { accuracy: { ...experiment.studies.accuracy, seeds: [1], measure: "alignment" } },
    };
    const { message } = await rejectionOf(
      make("refused", { studies: studiesOf(missing, "full") }, { ...missing, panels: [] }),
    );
    expect(message).toMatch(/^rule EP, seed 1: /);
    const record = JSON.parse(await readFile(join(folder, "refused", "run.json"), "utf8"));
    expect(record.cells).toEqual({ finished: 1, all: 2 });
  });

  it("is gone on with, also when forced, while it is of the same description", async () => {
    await make("forced", stopAfter(3));
    expect((await make("forced", { force: true })).measured).toBe(5);
  });

  it("takes up what a crash left at any moment", async () => {
    const out = join(folder, "crashed");
    await make("crashed", stopAfter(2));
    await writeFile(join(out, "data.csv.part"), "cut o");
    await writeFile(join(out, "run.json.part"), "{");
    expect((await make("crashed")).measured).toBe(6);
    await rm(join(out, "run.json"));
    expect((await make("crashed")).measured).toBe(8);
    expect(await results("crashed")).toEqual(await results("whole"));
  });

  it("refuses an axis of a name that its measure has", async () => {
    const experiment = withVary({ epoch: { path: "beta", values: [1] } });
    const { message } = await rejectionOf(
      make("named", { studies: studiesOf(experiment, "full") }, experiment),
    );
    expect(message).toContain("another name for the axis");
  });
});

/** The small experiment with other axes. */
function withVary(vary: StudyInput["vary"], set: StudyInput["set"] = {}): Experiment {
  const { accuracy } = smallExperiment.studies;
  return { ...smallExperiment, panels: [], studies: { accuracy: { ...accuracy, vary, set } } };
}
