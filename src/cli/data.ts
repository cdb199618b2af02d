import type { Command } from "commander";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { type ImageSetName, imageSetNames } from "../streams/tasks/image-set.js";
import { getData } from "./data-get.js";
import { publishers } from "./data-publishers.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { oneOf } from "./options.js";
import { note, print, printJson, progress } from "./terminal.js";

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

async function get(name: ImageSetName, { data, json }: Options): Promise<void> {
  const directory = dataDirectory(data);
  const { signal, release } = interruption();
  const bar = progress(publishers[name].files.length, 0, !json);
  try {
    const files = await getData(name, {
      directory,
      signal,
      onProgress({ file, index, files: count, received, total }) {
        const share = total ? received / total : 0;
        bar.update(index + share, `${file} (${index + 1} of ${count}), ${Math.round(received / 1024)} KiB`);
      },
    });
    bar.stop();
    for (const file of files) {
      if (json) printJson(file);
      else print(`${file.path}: ${file.outcome}, ${file.bytes} bytes`);
    }
  } catch (error) {
    bar.stop();
    if (!signal.aborted) throw error;
    note("stopped; run it again to go on from here");
    process.exitCode = exitCodes.interrupted;
  } finally {
    release();
  }
}

/** Adds `eddy data`. */
export function addData(program: Command): void {
  program
    .command("data")
    .description("data sets")
    .command("get")
    .description("download a data set from its publisher, checked and resumable")
    .argument("<name>", imageSetNames.join(", "), oneOf(imageSetNames))
    .option("--data <folder>", "where to put it (default: EDDY_DATA, else the user's cache folder)")
    .option("--json", "one JSON object a file")
    .action(get);
}
