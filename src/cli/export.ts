import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { EddyError } from "../errors.js";
import { makeFolder } from "../simulation/make-folder.js";
import { exportCsv } from "../simulation/recording/export-csv.js";
import { exportNpz } from "../simulation/recording/export-npz.js";
import { select } from "../simulation/recording/selection.js";
import { whole } from "./options.js";
import { parseTopics } from "./recording-options.js";
import { print } from "./terminal.js";

interface Options {
  readonly csv?: string;
  readonly npz?: string;
  readonly topics?: readonly string[];
  readonly from?: number;
  readonly to?: number;
}

async function exportRecording(folder: string, { csv, npz, ...selection }: Options): Promise<void> {
  const target = csv ?? npz;
  if (target === undefined || (csv !== undefined && npz !== undefined))
    throw new EddyError("INVALID_ARGUMENT", "needed one of --csv FOLDER and --npz FILE");
  if (existsSync(target)) throw new EddyError("FILE_EXISTS", `${target} exists; choose another place`);
  const { from = 0, to = Number.POSITIVE_INFINITY } = selection;
  if (from > to)
    throw new EddyError("INVALID_ARGUMENT", `given --from ${from} --to ${to}; needed --to from ${from} on`);
  const selected = await select(folder, selection);
  if (npz !== undefined) {
    makeFolder(dirname(resolve(npz)));
    await exportNpz(selected, npz);
    print(npz);
  } else for (const path of await exportCsv(selected, target)) print(path);
}

/** Adds `eddy export`. */
export function addExport(program: Command): void {
  program
    .command("export")
    .description("writes what a recording holds as CSV or for NumPy")
    .argument("<run>", "folder of the recording")
    .option("--csv <folder>", "a CSV file for each topic, into this folder, which must not be there yet")
    .option("--npz <file>", "one file for numpy.load, which must not be there yet")
    .option("--topics <names>", "only these, with commas between them", parseTopics)
    .option("--from <tick>", "only from this tick on", whole(0))
    .option("--to <tick>", "only up to this tick", whole(0))
    .action(exportRecording);
}
