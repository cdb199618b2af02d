import { join } from "node:path";
import { cellText } from "../experiments/cells.js";
import type { ConductEvent } from "../experiments/conduct.js";
import { conduct } from "../experiments/conduct.js";
import type { Experiment } from "../experiments/experiment.js";
import { type FormName, studiesOf } from "../experiments/forms.js";
import type { ResultRecord } from "../experiments/result-folder.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { exitCodes } from "./exit-codes.js";
import { changesOf, type ExperimentOptions, formOf } from "./experiment-options.js";
import { machine } from "./machine.js";
import { duration, note, type Progress, print, printJson, progress } from "./terminal.js";
import { version } from "./version.js";

/** Where a result goes unless somebody says otherwise. */
export const defaultFolder = "results";

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Options that say where and how loud, not what. */
const local = new Set(["--out", "--data"]);

/** The command line that makes the same result, without what is this machine's own. */
export function commandLine(words: readonly string[]): string {
  const kept = words.filter(
    (word, i) =>
      !local.has(word) &&
      !local.has(words[i - 1]) &&
      !["--json", "--force"].includes(word) &&
      !/^--(out|data)=/.test(word),
  );
  return ["eddy", ...kept.map(quoted)].join(" ");
}

/** The folder of a result below another: by name, and by form where that is not the full one. */
export const folderOf = (root: string, { name }: Experiment, form: FormName): string =>
  join(root, form === "full" ? name : `${name}-${form}`);

/** What is told of an experiment as it goes: JSON lines, a bar on a terminal, a line a cell elsewhere. */
function teller(name: string, json: boolean | undefined) {
  let bar: Progress | null = null;
  let beganMs = performance.now();
  let before = 0;
  const left = (done: number, all: number): string =>
    duration(((performance.now() - beganMs) / 1000 / (done - before)) * (all - done));
  return {
    tell(event: ConductEvent): void {
      if (event.kind === "plan") {
        bar = progress(event.all, event.finished, !json);
        beganMs = performance.now();
        before = event.finished;
      } else if (event.kind === "progress") bar?.update(event.done, `${name}: ${event.what}`);
      else if (event.kind === "drawing") bar?.stop();
      else {
        const { cell, result, done, all } = event;
        const { seconds, rows, diverged } = result;
        if (json) {
          const { study, labels, seed } = cell;
          const last = rows.at(-1) ?? null;
          printJson({ experiment: name, study, ...labels, seed, seconds, diverged, done, of: all, last });
        } else if (!process.stderr.isTTY)
          note(
            `${name}, ${done} of ${all}: ${cellText(cell)} (${duration(seconds)}), about ${left(done, all)} left`,
          );
      }
    },
    stop: () => bar?.stop(),
  };
}

/**
 * Makes one experiment and tells of it as it goes.
 * @param folder of the result
 * @returns its record
 * @throws EddyError
 */
export async function conductAndTell(
  experiment: Experiment,
  options: ExperimentOptions,
  signal: AbortSignal,
  command: string,
  folder = options.out ?? folderOf(defaultFolder, experiment, formOf(options)),
): Promise<Made> {
  const form = formOf(options);
  const { tell, stop } = teller(experiment.name, options.json);
  try {
    const record = await conduct(experiment, {
      form,
      studies: studiesOf(experiment, form, changesOf(options)),
      backend: options.backend,
      data: dataDirectory(options.data),
      out: folder,
      jobs: options.jobs,
      force: options.force ?? false,
      origin: { command, eddy: version, node: process.versions.node, machine: { ...machine() } },
      signal,
      tell,
    });
    return { record, folder };
  } finally {
    stop();
  }
}

/** A result and where it lies. */
interface Made {
  readonly record: ResultRecord;
  readonly folder: string;
}

/** Says where a result lies and how far it is. */
export function tellResult({ record, folder }: Made, json: boolean | undefined): void {
  const { cells, diverged, seconds } = record;
  if (json) {
    const { experiment } = record.description;
    printJson({ result: folder, experiment, ...cells, diverged: diverged.length, seconds });
    return;
  }
  const far =
    cells.finished === cells.all ? "" : `, ${cells.finished} of ${cells.all} cells; run it again to go on`;
  const lost = diverged.length === 0 ? "" : `, ${diverged.length} diverged`;
  const place = cells.finished === 0 ? folder : join(folder, "report.md");
  print(`${place} (measured in ${duration(seconds)}${lost}${far})`);
}

/** Says what an interruption left, and how to go on. */
export function finish(signal: AbortSignal): void {
  if (!signal.aborted) return;
  note("stopped; what is finished is kept: the same command goes on from there");
  process.exitCode = exitCodes.interrupted;
}
