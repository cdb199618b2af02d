import type { Command } from "commander";
import { EddyError } from "../errors.js";
import type { Experiment } from "../experiments/experiment.js";
import { experiments } from "../experiments/experiments.js";
import { nearest } from "../model/nearest.js";
import { commandLine, conductAndTell, defaultFolder, finish, folderOf, tellResult } from "./conduct.js";
import { exitCodes } from "./exit-codes.js";
import { type ExperimentOptions, formOf, withExperimentOptions } from "./experiment-options.js";
import { interruption } from "./interruption.js";
import { collect } from "./options.js";
import { note, print, printJson } from "./terminal.js";

function list(json: boolean | undefined): void {
  if (json) {
    for (const { name, title, source } of experiments) printJson({ name, title, source });
    return;
  }
  const width = Math.max(...experiments.map(({ name }) => name.length));
  for (const { name, title, source } of experiments) print(`${name.padEnd(width)}  ${title} (${source})`);
}

/** Names that are no experiment's. */
const others = ["list", "all", "overview"];

/** @throws EddyError INVALID_ARGUMENT for an experiment that there is none of, with the nearest */
function named(name: string): Experiment {
  const found = experiments.find((candidate) => candidate.name === name);
  if (found) return found;
  const names = [...experiments.map((candidate) => candidate.name), ...others];
  throw new EddyError("INVALID_ARGUMENT", `experiment ${name}: unknown; ${nearest(name, names)}`);
}

/** Writes the page over the results in a folder. */
async function overview({ out = defaultFolder, json }: ExperimentOptions): Promise<void> {
  // loaded when it is needed, with what it renders with
  const { writeOverview } = await import("../experiments/overview.js");
  const page = await writeOverview(out);
  if (json) printJson({ overview: page });
  else print(page);
}

/** Makes all experiments; those that are refused are left out, and said to be. */
async function makeAll(options: ExperimentOptions, signal: AbortSignal): Promise<void> {
  const { out = defaultFolder, json, vary, study } = options;
  if (vary || study)
    throw new EddyError(
      "INVALID_ARGUMENT",
      "all: given --vary or --study, which go with one experiment by its name",
    );
  const { checkOverview } = await import("../experiments/overview.js");
  await checkOverview(out);
  const words = process.argv.slice(2);
  for (const one of experiments) {
    if (signal.aborted) return;
    const command = commandLine(words.map((word) => (word === "all" ? one.name : word)));
    try {
      tellResult(
        await conductAndTell(one, options, signal, command, folderOf(out, one, formOf(options))),
        json,
      );
    } catch (error) {
      if (!(error instanceof EddyError)) throw error;
      note(`${one.name} left out: ${error.message}`);
      process.exitCode = exitCodes.refused;
    }
  }
  if (!signal.aborted) await overview(options);
}

async function experiment(name: string, options: ExperimentOptions): Promise<void> {
  if (name === "list") return list(options.json);
  if (name === "overview") return overview(options);
  const wanted = name === "all" ? null : named(name);
  const { signal, release } = interruption();
  try {
    if (wanted) {
      const command = commandLine(process.argv.slice(2));
      tellResult(await conductAndTell(wanted, options, signal, command), options.json);
    } else await makeAll(options, signal);
  } finally {
    release();
  }
  finish(signal);
}

/** Adds `eddy experiment`. */
export function addExperiment(program: Command): void {
  const command = program
    .command("experiment")
    .description("a table or figure of the paper: measure, draw, and hold against the paper's numbers")
    .argument(
      "<name>",
      "list tells them; all makes every one, and a page over them; overview makes that page anew",
    )
    .option("--quick", "the effect on less data: at most a minute on two cores")
    .option("--smoke", "whether it runs: seconds")
    .option("--study <name>", "only this study of several; may be given several times", collect);
  withExperimentOptions(command, "only these values of an axis, as --vary data=mnist").action(experiment);
}
