import type { Command } from "commander";
import { sweep } from "../experiments/sweep.js";
import { commandLine, conductAndTell, finish, tellResult } from "./conduct.js";
import { axesOf, type ExperimentOptions, withExperimentOptions } from "./experiment-options.js";
import { interruption } from "./interruption.js";
import { readJson } from "./read-json.js";

async function runSweep(file: string, options: ExperimentOptions): Promise<void> {
  const experiment = sweep(readJson(file), file, axesOf(options.vary));
  const { signal, release } = interruption();
  try {
    tellResult(
      await conductAndTell(experiment, options, signal, commandLine(process.argv.slice(2))),
      options.json,
    );
  } finally {
    release();
  }
  finish(signal);
}

/** Adds `eddy sweep`. */
export function addSweep(program: Command): void {
  const command = program
    .command("sweep")
    .description("vary fields of a run, measure every combination, draw and report it")
    .argument("<file>", "a run file, or a sweep file (its schema: eddy schema sweep)");
  withExperimentOptions(command, "values of a field, as --vary network.spectralRadius=0.1,0.25").action(
    runSweep,
  );
}
