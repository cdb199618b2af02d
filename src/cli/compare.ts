import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { EddyError } from "../errors.js";
import { comparisonOf, comparisonReport, namesOf, readCompared } from "../experiments/compare.js";
import { writeComparison } from "../experiments/write-comparison.js";
import { commandLine, conductAndTell, finish, tellResult } from "./conduct.js";
import { type ExperimentOptions, withExperimentOptions } from "./experiment-options.js";
import { interruption } from "./interruption.js";
import { readRun } from "./options.js";
import { print, printJson } from "./terminal.js";

/** Results are folders, runs are files. @throws EddyError when they are mixed, or missing */
function areFolders(runs: readonly string[]): boolean {
  const absent = runs.find((run) => !existsSync(run));
  if (absent !== undefined)
    throw new EddyError(
      "FILE_NOT_FOUND",
      `${absent}: there is neither a run file nor a result's folder of this name`,
    );
  const folders = runs.filter((run) => statSync(run).isDirectory());
  if (folders.length > 0 && folders.length < runs.length) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `given ${folders[0]}, a folder, among files; needed folders of results, or run files to train`,
    );
  }
  return folders.length > 0;
}

async function compareResults(
  folders: readonly string[],
  { out, json, force }: ExperimentOptions,
): Promise<void> {
  const results = await readCompared(folders);
  if (json) {
    for (const { name, record } of results) printJson({ result: name, ...record });
    return;
  }
  if (out === undefined) {
    print(comparisonReport(results, false));
    return;
  }
  if (!force && existsSync(out) && readdirSync(out).length > 0)
    throw new EddyError(
      "FILE_EXISTS",
      `${out}: is not empty; choose another --out, or replace what is there with --force`,
    );
  await writeComparison(out, results);
  print(join(out, "report.md"));
}

async function compareRuns(files: readonly string[], options: ExperimentOptions): Promise<void> {
  const names = namesOf(files);
  const runs = Object.fromEntries(
    files.map((file, i) => [names[i], readRun(file) as Record<string, unknown>]),
  );
  // as many seeds as were asked for take the place of the runs' own
  if (options.seeds !== undefined) for (const run of Object.values(runs)) delete run.seed;
  const { signal, release } = interruption();
  try {
    const made = await conductAndTell(
      comparisonOf(runs),
      options,
      signal,
      commandLine(process.argv.slice(2)),
    );
    tellResult(made, options.json);
  } finally {
    release();
  }
  finish(signal);
}

async function compare(runs: readonly string[], options: ExperimentOptions): Promise<void> {
  if (runs.length < 2)
    throw new EddyError("INVALID_ARGUMENT", `given ${runs.length} run, needed two or more to compare`);
  if (areFolders(runs)) await compareResults(runs, options);
  else await compareRuns(runs, options);
}

/** Adds `eddy compare`. */
export function addCompare(program: Command): void {
  const command = program
    .command("compare")
    .description("results side by side; or train several run files, and draw them in one figure")
    .argument("<run...>", "folders of results, which are read; or run files, which are trained");
  withExperimentOptions(command, "only these runs, as --vary run=a,b").action(compare);
}
