import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ConductEvent, type ConductOptions, conduct } from "../../src/experiments/conduct.js";
import { fromCsv } from "../../src/experiments/csv.js";
import type { Experiment } from "../../src/experiments/experiment.js";
import { studiesOf } from "../../src/experiments/forms.js";
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

  it("ends with the error of a cell, and keeps the others", async () => {
    const studies = studiesOf(
      {
        ...smallExperiment,
        studies: {
          accuracy: {
            ...smallExperiment.studies.accuracy,
            vary: { rule: ["STE"], "optimiser.kind": ["adam", "sgd"] },
          },
        },
      },
      "full",
      {
        set: {
          "network.activation": "linear",
          "network.spectralRadius": 100,
          beta: 1000,
          "iterations.inference": 50,
        },
      },
    );
    const { code } = await rejectionOf(make("not-finite", { studies }));
    expect(code).toBe("NOT_FINITE");
  });
});
