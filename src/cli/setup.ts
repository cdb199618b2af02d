import { resolve } from "node:path";
import type { Command } from "commander";
import { namedTensorflowFolder, packageBeside, tensorflowFolder } from "../kernels/tensorflow-folder.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { type Installed, installTensorflow } from "./setup/install-tensorflow.js";
import { note, type Progress, print, printJson, progress } from "./terminal.js";

interface Options {
  readonly cuda?: boolean;
  readonly force?: boolean;
  readonly folder?: string;
  readonly json?: boolean;
}

/** Shows how far it is: a bar on a terminal, else a line for each step. */
function teller(json: boolean | undefined) {
  let bar: Progress | null = null;
  let last = "";
  return {
    tell(done: number, total: number, what: string): void {
      bar ??= progress(total, 0, !json);
      bar.update(done, what);
      if (!json && !process.stderr.isTTY && what !== last) note(`${what} ...`);
      last = what;
    },
    stop: () => bar?.stop(),
  };
}

/**
 * What keeps `--backend tensorflow` from what was set up, and what to do.
 * @param beside a package with TensorFlow's library that is installed beside Eddy, or null
 */
export function notUsed(folder: string, beside: string | null): string | null {
  if (tensorflowFolder() !== folder) return `for Eddy to find it, set EDDY_TENSORFLOW=${folder}`;
  if (beside === null || namedTensorflowFolder() !== null) return null;
  return `${beside} is installed beside Eddy and is taken instead, if it loads; for Eddy to take what was set up, set EDDY_TENSORFLOW=${folder}`;
}

function show({ outcome, folder, library, device, cuda }: Installed): void {
  const state = outcome === "built" ? "ready" : "already there, and it works";
  const instead = notUsed(folder, packageBeside());
  const use = instead === null ? "; use it with --backend tensorflow" : "";
  print(`${state}: ${library} on the ${device}, in ${folder}${use}`);
  if (cuda && device === "CPU")
    note("no GPU that it can use was found here (see nvidia-smi), so it computes on the CPU");
  if (instead !== null) note(instead);
}

async function setUpTensorflow({ cuda = false, force = false, folder, json }: Options): Promise<void> {
  const { signal, release } = interruption();
  const { tell, stop } = teller(json);
  try {
    const installed = await installTensorflow({
      folder: folder === undefined ? tensorflowFolder() : resolve(folder),
      cuda,
      force,
      signal,
      onProgress: tell,
    });
    stop();
    if (json) printJson({ ...installed, note: notUsed(installed.folder, packageBeside()) });
    else show(installed);
  } catch (error) {
    stop();
    if (!signal.aborted) throw error;
    note("stopped; nothing was changed");
    process.exitCode = exitCodes.interrupted;
  } finally {
    release();
  }
}

/** Adds `eddy setup`. */
export function addSetup(program: Command): void {
  program
    .command("setup")
    .description("what a backend needs beside Eddy")
    .command("tensorflow")
    .description(
      "make the backend tensorflow work, on Linux x64: TensorFlow's library from PyPI, 1.2 GB on disk",
    )
    .option("--cuda", "with the libraries for NVIDIA GPUs: 3.4 GB to download, 6 GB on disk")
    .option("--folder <folder>", "where to (default: EDDY_TENSORFLOW, else the user's cache folder)")
    .option("--force", "build it anew even if it is there")
    .option("--json", "one JSON object")
    .action(setUpTensorflow);
}
