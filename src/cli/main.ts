#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { EddyError } from "../errors.js";
import { addBench } from "./bench.js";
import { addCompare } from "./compare.js";
import { addData } from "./data.js";
import { addDoctor } from "./doctor.js";
import { exitCodes } from "./exit-codes.js";
import { addExperiment } from "./experiment.js";
import { addExport } from "./export.js";
import { addMonitor } from "./monitor.js";
import { addRecord } from "./record.js";
import { addReplay } from "./replay.js";
import { addRun } from "./run.js";
import { addSchema } from "./schema.js";
import { addSetup } from "./setup.js";
import { addSweep } from "./sweep.js";
import { note } from "./terminal.js";
import { addTrain } from "./train.js";
import { addVerify } from "./verify.js";
import { version } from "./version.js";

const exitStatusHelp = `
Exit status:
  ${exitCodes.done} done, ${exitCodes.failed} the answer is no, or a bug, ${exitCodes.refused} bad input or something missing, ${exitCodes.interrupted} Ctrl-C`;

function program(): Command {
  const eddy = new Command("eddy")
    .description(
      "Event-driven streaming simulator of modular recurrent neural networks that learn by adjoint propagation",
    )
    .version(version)
    .exitOverride()
    // one line, suggestions included
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, " ")}\n`) })
    .showSuggestionAfterError()
    .addHelpText("after", exitStatusHelp);
  for (const add of [
    addRun,
    addMonitor,
    addRecord,
    addReplay,
    addExport,
    addTrain,
    addExperiment,
    addSweep,
    addCompare,
    addVerify,
    addData,
    addSchema,
    addSetup,
    addDoctor,
    addBench,
  ])
    add(eddy);
  return eddy;
}

/** Bad input is one line; anything else is a bug of ours and shows where it happened. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.refused;
  if (error instanceof EddyError) {
    note(`eddy: ${error.message}`);
    return exitCodes.refused;
  }
  note(`eddy: a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return exitCodes.failed;
}

// a reader that has seen enough (as `| head`) is no error
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.done);
  throw error;
});

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
