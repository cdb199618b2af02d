import { marked } from "marked";
import { describe, expect, it } from "vitest";
import type { Experiment, Reference } from "../../src/experiments/experiment.js";
import { studiesOf } from "../../src/experiments/forms.js";
import type { Row } from "../../src/experiments/measure.js";
import { report } from "../../src/experiments/report.js";
import type { ResultRecord } from "../../src/experiments/result-folder.js";
import { combinations } from "./figure-rows.js";

const where = { rule: "AP" };
const numbers: Reference = {
  where,
  of: "testAccuracy",
  take: "best",
  paper: { mean: 89.12, deviation: 0.06 },
};
const curves: Reference = {
  where,
  of: "testAccuracy",
  take: "epochs",
  authors: [
    [60, 70, 80, 84, 86.5],
    [62, 71, 81, 83],
  ],
};

const experiment: Experiment = {
  name: "made-up",
  title: "Accuracy | by *rule*",
  source: "Liu et al. 2026, fig 0",
  about: "AP <learns>.",
  studies: {
    main: { run: { schedule: { kind: "phased", epochs: 300 } }, vary: { rule: ["AP", "BP"] }, seeds: 2 },
  },
  panels: [{ kind: "lines", x: "epoch", y: "testAccuracy", colour: "rule" }],
  references: [
    numbers,
    curves,
    { where: { rule: "FA" }, of: "testAccuracy", take: "last", paper: { mean: 89.5 } },
  ],
  remarks: ["The split is another."],
  quick: { seeds: 1, set: { batch: 100 } },
  smoke: { seeds: 1, vary: { rule: ["AP"] } },
};

const byEpoch = [58, 69, 80.5, 83.5, 85];
const rows: Row[] = combinations({ rule: ["AP", "BP"], seed: [1, 2], epoch: [1, 2, 3, 4, 5] }).map((row) => ({
  ...row,
  testAccuracy: byEpoch[Number(row.epoch) - 1] + (row.seed === 1 ? 0.5 : -0.5),
}));

const recordOf = (form: "full" | "quick", epochs: number): ResultRecord => ({
  format: "eddy-result/1",
  title: experiment.title,
  source: experiment.source,
  command: "eddy experiment made-up | cat",
  eddy: "0.1.0",
  node: "20.20.2",
  machine: { cpu: "EPYC", cores: 2, memory_gib: 24, platform: "linux x64", flags: ["avx2"] },
  description: {
    experiment: "made-up",
    form,
    studies: studiesOf(experiment, form, { epochs }),
    backend: "simd",
  },
  jobs: 1,
  diverged: [],
  cells: { finished: 4, all: 4 },
  seconds: 4000,
  started: "2026-11-21T10:00:00.000Z",
  changed: "2026-11-21T11:00:00.000Z",
});
const reportOf = (record: ResultRecord, lines: readonly Row[] = rows): string =>
  report(experiment, { main: { axes: ["rule"], rows: lines } }, record);

/** The cells of the lines of a document's tables. */
const tableLines = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(2, -2).split(" | "));

describe("a report", () => {
  const text = reportOf(recordOf("full", 5));

  it("says what it is, with signs of Markdown and HTML as they are", () => {
    expect(text).toContain("# Accuracy \\| by \\*rule\\*\n\n*Liu et al. 2026, fig 0*\n\nAP &lt;learns&gt;.");
    expect(text).toMatch(/!\[[^\n]*\]\(figure\.svg\)/);
    expect(text).toContain("- The split is another.");
  });

  it("has paper, authors' code and ours side by side, the authors' at the last common epoch", () => {
    expect(tableLines(text)).toContainEqual([
      "AP",
      "best test accuracy",
      "89.12 ± 0.06",
      "86.50 (epoch 5, 1 seed)",
      "85.00 ± 0.71 (2 seeds, epoch 5)",
      "5 of 300",
      "−4.12",
      "−1.50 (epoch 5)",
    ]);
    expect(text).toContain("Not in this result: FA.");
  });

  it("holds ours against the authors' curves, epoch by epoch", () => {
    expect(text).toContain(
      "AP: Within 1 point of the authors' code from epoch 3 to 5: **no**; furthest 1.50 points from the nearest of 2 curves (epoch 5), 1.50 from their mean (epoch 5).",
    );
    expect(tableLines(text)).toContainEqual([
      "4",
      "83.50 ± 0.71",
      "83.50 (2 seeds)",
      "+0.00",
      "84.00",
      "−0.50",
    ]);
    const closer = rows.map((row) => (row.epoch === 5 ? { ...row, testAccuracy: 86 } : row));
    expect(reportOf(recordOf("full", 5), closer)).toContain("from epoch 3 to 5: yes; furthest 0.50 points");
  });

  it("compares nothing by epoch before the third, nor where more than the number of epochs differs", () => {
    const early = reportOf(
      recordOf("full", 2),
      rows.filter(({ epoch }) => Number(epoch) <= 2),
    );
    expect(early).toContain("there is none in common");
    expect(early).not.toContain("Within 1 point");
    const quick = reportOf(recordOf("quick", 5));
    expect(quick).not.toContain("Within 1 point");
    expect(quick).toContain("> More than the number of epochs differs");
    expect(quick).toContain("`batch = 100`, `schedule.epochs = 5`, seeds 1 instead of 2");
  });

  it("has all cells, best and last, and how it was made", () => {
    expect(tableLines(text)).toContainEqual(["BP", "85.00 ± 0.71", "85.00 ± 0.71", "5", "2"]);
    expect(text).toContain("`eddy experiment made-up \\| cat`");
    expect(text).toContain("67 min for all cells");
    expect(text).toContain("EPYC, 2 cores, 24 memory (GiB), linux x64");
  });

  it("says when cells are missing", () => {
    const record = { ...recordOf("full", 5), cells: { finished: 3, all: 4 } };
    expect(reportOf(record)).toContain("> Unfinished: 3 of 4 cells.");
    expect(reportOf({ ...record, cells: { finished: 0, all: 4 } }, [])).toContain("Nothing is finished yet.");
  });

  it("of a smoke form says only that it ran, of a quick one that it is less, even where the paper has no numbers", () => {
    const record = recordOf("quick", 5);
    const smoke = { ...record, description: { ...record.description, form: "smoke" as const } };
    expect(reportOf(smoke)).toContain("> This only shows that the experiment runs.");
    expect(reportOf(smoke)).not.toContain("the effect");
    const without = { ...experiment, references: [] };
    const tables = { main: { axes: ["rule"], rows } };
    expect(report(without, tables, record)).toContain("> More than the number of epochs differs");
    const fewer = { ...without, quick: { seeds: 1 } };
    const studies = studiesOf(fewer, "quick");
    const text = report(fewer, tables, { ...record, description: { ...record.description, studies } });
    expect(text).toContain("> There is less than in the paper");
  });

  it("holds a sweep against no paper", () => {
    const ofUser = { ...experiment, source: "a sweep", references: [] };
    const text = report(ofUser, { main: { axes: ["rule"], rows } }, recordOf("quick", 5));
    expect(text).not.toMatch(/^>/m);
    expect(text).not.toContain("changed in its description");
  });

  it("tells the seeds that are meant where a description names none", () => {
    const { main } = experiment.studies;
    const unnamed = { ...experiment, studies: { main: { ...main, seeds: undefined } } };
    const tables = { main: { axes: ["rule"], rows } };
    const made = (seeds: number) => ({
      ...recordOf("full", 300),
      description: { ...recordOf("full", 300).description, studies: studiesOf(unnamed, "full", { seeds }) },
    });
    expect(report(unnamed, tables, made(3))).toContain("seeds 3 instead of 1");
    expect(report(unnamed, tables, made(1))).not.toContain("instead of");
  });

  it("has the last online accuracy of each cell of a stream", () => {
    const stream = combinations({ rule: ["AP", "BP"], seed: [1, 2], trial: [10, 20] }).map((row) => ({
      ...row,
      epoch: null,
      onlineAccuracy: 2 * Number(row.trial) + (row.seed === 1 ? 1 : -1),
    }));
    expect(
      tableLines(report(experiment, { main: { axes: ["rule"], rows: stream } }, recordOf("full", 5))),
    ).toContainEqual(["AP", "40.00 ± 1.41", "20", "2"]);
  });

  it("refuses a reference that speaks of several cells", () => {
    const vague = { ...experiment, references: [{ ...numbers, where: {} }] };
    expect(() => report(vague, { main: { axes: ["rule"], rows } }, recordOf("full", 5))).toThrow(
      /rule told apart/,
    );
  });

  it("is Markdown whose tables have as many cells in each line as in the first", () => {
    const tables = marked.lexer(text).filter((token) => token.type === "table");
    expect(tables.length).toBe(4);
    for (const { raw, header, rows: lines } of tables as {
      raw: string;
      header: unknown[];
      rows: unknown[][];
    }[]) {
      expect(raw.trim().split("\n")).toHaveLength(lines.length + 2);
      for (const line of raw.trim().split("\n"))
        expect(line.replaceAll("\\|", "").match(/\|/g)).toHaveLength(header.length + 1);
    }
  });
});
