import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { marked } from "marked";
import { EddyError } from "../errors.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import type { Experiment } from "./experiment.js";
import { experiments } from "./experiments.js";
import { blocks, code, markdownTable, plain } from "./markdown.js";
import { page } from "./page.js";
import { referenceSummary, referencesOf } from "./reference-tables.js";
import { caveat, differencesText, paperForm, timeText } from "./report.js";
import { type ResultRecord, readRecord, resultFiles } from "./result-folder.js";
import type { Tables } from "./table.js";
import { readTables } from "./write-result.js";

/** A result to be shown among others. */
export interface ShownResult {
  /** its folder, relative to the overview */
  readonly folder: string;
  readonly experiment: Experiment;
  readonly tables: Tables;
  readonly record: ResultRecord;
  readonly hasFigure: boolean;
}

/** By which an overview knows its own files. */
const mark = "<!-- written by eddy experiment overview -->";

/** The names of an overview's files. */
export const overviewFiles = { markdown: "README.md", html: "index.html" } as const;

/** What a result of an experiment that is not among Eddy's own says of itself. */
const described = ({ description, title, source }: ResultRecord): Experiment => ({
  name: description.experiment,
  title,
  source,
  about: "",
  studies: description.studies,
  panels: [],
  references: [],
  remarks: [],
  quick: {},
  smoke: {},
});

/** Place in the paper's order; others come after. */
const rank = (name: string): number => {
  const place = experiments.findIndex((experiment) => experiment.name === name);
  return place < 0 ? experiments.length : place;
};

async function readResult(root: string, folder: string): Promise<ShownResult[]> {
  const path = join(root, folder);
  const record = await readRecord(path);
  if (!record || !existsSync(join(path, resultFiles.data))) return [];
  const name = record.description.experiment;
  const experiment = experiments.find((candidate) => candidate.name === name) ?? described(record);
  const tables = await readTables(path, record.description.studies);
  return [{ folder, experiment, record, tables, hasFigure: existsSync(join(path, resultFiles.svg)) }];
}

/** All results right under a folder, in the paper's order. */
async function readResults(root: string): Promise<ShownResult[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((cause) => {
    throw new EddyError("FILE_NOT_FOUND", `${root}: there is no such folder of results; name it with --out`, {
      cause,
    });
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const results: ShownResult[] = [];
  for (const folder of folders.sort()) results.push(...(await readResult(root, folder)));
  return results.sort(
    (one, other) =>
      rank(one.experiment.name) - rank(other.experiment.name) || one.folder.localeCompare(other.folder),
  );
}

/** A folder as a part of an address. */
const address = (folder: string): string => folder.split("/").map(encodeURIComponent).join("/");

const anchor = ({ folder }: ShownResult): string => folder.replace(/[^\w-]+/g, "-");

function contents(results: readonly ShownResult[]): string {
  return markdownTable(
    ["result", "in the paper", "form", "cells:", "time:"],
    results.map((result) => {
      const { cells, description, seconds } = result.record;
      return [
        `[${plain(result.experiment.title)}](#${anchor(result)})`,
        plain(result.experiment.source),
        description.form,
        cells.finished === cells.all ? String(cells.all) : `${cells.finished} of ${cells.all}`,
        timeText(seconds).replace(" ", "\u00a0"),
      ];
    }),
  );
}

function sectionOf(result: ShownResult): string {
  const { folder, experiment, tables, record, hasFigure } = result;
  const at = address(folder);
  const differences = differencesText(experiment, record);
  return blocks(
    `<a id="${anchor(result)}"></a>`,
    `## ${plain(experiment.title)}`,
    `*${plain(experiment.source)}*`,
    plain(experiment.about),
    caveat(experiment, record),
    hasFigure ? `![${plain(experiment.title)}](${at}/${resultFiles.svg})` : null,
    referenceSummary(referencesOf(experiment, tables), paperForm(experiment, record)),
    experiment.remarks.map((remark) => `- ${plain(remark)}`).join("\n"),
    differences ? `Instead of the paper's form: ${differences}.` : null,
    `${code(record.command)}: ${timeText(record.seconds)}. [Report](${at}/${resultFiles.report}), [data.csv](${at}/${resultFiles.data}), [run.json](${at}/${resultFiles.record}).`,
  );
}

/** One Markdown document over many results, each with its figure and its numbers beside the paper's. */
export const overview = (results: readonly ShownResult[]): string =>
  `${blocks(
    "# Results",
    "Tables and figures of Liu et al. 2026, made again with Eddy: the paper's numbers, those of the authors' code and ours side by side. Means are over seeds, ± one standard deviation. Each result has a report with all its numbers, the lines that were measured (data.csv) and what was run on what (run.json).",
    contents(results),
    ...results.map(sectionOf),
  )}\n`;

/**
 * Checks that an overview takes the place of no file that is somebody else's.
 * @throws EddyError FILE_EXISTS
 */
export async function checkOverview(root: string): Promise<void> {
  for (const path of Object.values(overviewFiles).map((name) => join(root, name))) {
    if (existsSync(path) && !(await readFile(path, "utf8")).includes(mark))
      throw new EddyError(
        "FILE_EXISTS",
        `${path}: is not of an overview, and would be overwritten; choose another --out for the results`,
      );
  }
}

/**
 * Writes README.md and index.html over all results right under a folder.
 * @returns the path of the page
 * @throws EddyError FILE_NOT_FOUND when there is no result, FILE_INVALID for one that cannot be read, FILE_EXISTS
 */
export async function writeOverview(root: string): Promise<string> {
  const results = await readResults(root);
  if (results.length === 0)
    throw new EddyError(
      "FILE_NOT_FOUND",
      `${root}: has no results; needed folders that eddy experiment or eddy sweep wrote`,
    );
  await checkOverview(root);
  const markdown = `${mark}\n\n${overview(results)}`;
  const html = join(root, overviewFiles.html);
  await writeAtomically(join(root, overviewFiles.markdown), markdown);
  await writeAtomically(html, page("Results", await marked.parse(markdown)));
  return html;
}
