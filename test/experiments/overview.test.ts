import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { axisColumns } from "../../src/experiments/cells.js";
import { experiments } from "../../src/experiments/experiments.js";
import { studiesOf } from "../../src/experiments/forms.js";
import { writeOverview } from "../../src/experiments/overview.js";
import { type ResultRecord, writeRecord } from "../../src/experiments/result-folder.js";
import { drawResult, writeData } from "../../src/experiments/write-result.js";
import { rejectionOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";
import { combinations } from "./figure-rows.js";

const folder = temporaryFolder();

/** A result of fig 2a and b, with made-up accuracies. */
async function makeResult(root: string, name: string): Promise<void> {
  const experiment = experiments.find((one) => one.name === "fig-2ab");
  if (!experiment) throw new Error("fig-2ab is not there");
  const studies = studiesOf(experiment, "full", { epochs: 4 });
  const [[study, given]] = Object.entries(studies);
  const rows = combinations({ data: ["mnist", "fashion-mnist"], seed: [1, 2], epoch: [1, 2, 3, 4] }).map(
    (row) => ({
      ...row,
      task: "task",
      trainLoss: 1 / Number(row.epoch),
      trainAccuracy: 80 + Number(row.epoch),
      testAccuracy: 79 + Number(row.epoch),
    }),
  );
  const record: ResultRecord = {
    format: "eddy-result/1",
    title: experiment.title,
    source: experiment.source,
    command: "eddy experiment fig-2ab --epochs 4",
    eddy: "0.1.0",
    node: "20.20.2",
    machine: {},
    description: { experiment: experiment.name, form: "full", studies, backend: "simd" },
    jobs: 1,
    diverged: [],
    cells: { finished: 4, all: 4 },
    seconds: 12,
    started: "2026-11-21T10:00:00.000Z",
    changed: "2026-11-21T10:01:00.000Z",
  };
  mkdirSync(join(root, name), { recursive: true });
  const tables = { [study]: { axes: axisColumns(given), rows } };
  await writeData(join(root, name), tables);
  await drawResult(experiment, join(root, name), tables, record);
  await writeRecord(join(root, name), record);
}

describe("an overview", () => {
  it("shows every result below a folder, with its figure, its numbers and links that lead somewhere", async () => {
    const root = join(folder, "results");
    await makeResult(root, "fig-2ab & more");
    mkdirSync(join(root, "no-result"));
    const html = readFileSync(await writeOverview(root), "utf8");
    const markdown = readFileSync(join(root, "README.md"), "utf8");
    expect(markdown).toContain("[Learning performance](#fig-2ab-more)");
    expect(markdown).toContain("4 of 300");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|https?:\/\//);
    const targets = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, target]) =>
      decodeURIComponent(target.replaceAll("&amp;", "&")),
    );
    expect(targets.length).toBeGreaterThan(4);
    for (const target of targets) {
      if (target.startsWith("#")) expect(html).toContain(`id="${target.slice(1)}"`);
      else expect(readFileSync(join(root, target)).length).toBeGreaterThan(0);
    }
  });

  it("says when there is nothing to show", async () => {
    const root = join(folder, "none");
    mkdirSync(root);
    writeFileSync(join(root, "file"), "");
    await expect(writeOverview(root)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("takes the place of no file that is not its own", async () => {
    const root = join(folder, "thesis");
    await makeResult(root, "fig-2ab");
    writeFileSync(join(root, "README.md"), "mine");
    expect((await rejectionOf(writeOverview(root))).code).toBe("FILE_EXISTS");
    expect(readFileSync(join(root, "README.md"), "utf8")).toBe("mine");
    rmSync(join(root, "README.md"));
    await writeOverview(root);
    await writeOverview(root);
  });
});
