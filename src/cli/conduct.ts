import { join } from "node:path";
import type { ConductEvent } from "../experiments/conduct.js";
import { conduct } from "../experiments/conduct.js";
import type { Experiment } from "../experiments/experiment.js";
import { studiesOf } from "../experiments/forms.js";
import type { ResultRecord } from "../experiments/result-folder.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { exitCodes } from "./exit-codes.js";
import { changesOf, type ExperimentOptions, formOf } from "./experiment-options.js";
import { machine } from "./machine.js";
import { duration, note, print, printJson, progress } from "./terminal.js";
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

/**
 * Makes one experiment and tells of it as it goes.
 * @param folder of the result; default: by name and form
 * @returns its record
 * @throws EddyError
 */
export async function conductAndTell(
  experiment: Experiment,
  options: ExperimentOptions,
  signal: AbortSignal,
  command: string,
  folder?: string,
): Promise<{ readonly record: ResultRecord; readonly folder: string }> {
  const form = formOf(options);
  const out =
    folder ??
    options.out ??
    join(defaultFolder, form === "full" ? experiment.name : `${experiment.name}-${form}`);
  let bar: ReturnType<typeof progress> | null = null;
  const tell = (event: ConductEvent): void => {
    if (event.kind === "plan") bar = progress(event.all, event.finished, !options.json);
    else if (event.kind === "progress") bar?.update(event.done, `${experiment.name}: ${event.what}`);
    else if (event.kind === "drawing") bar?.stop();
    else if (options.json) {
      const { study, labels, seed } = event.cell;
      const { seconds, rows } = event.result;
      printJson({
        experiment: experiment.name,
        study,
        ...labels,
        seed,
        seconds,
        done: event.done,
        of: event.all,
        last: rows.at(-1) ?? null,
      });
    }
  };
  try {
    const record = await conduct(experiment, {
      form,
      studies: studiesOf(experiment, form, changesOf(options)),
      backend: options.backend,
      data: dataDirectory(options.data),
      out,
      jobs: options.jobs,
      force: options.force ?? false,
      origin: { command, eddy: version, node: process.versions.node, machine: { ...machine() } },
      signal,
      tell,
    });
    return { record, folder: out };
  } finally {
    (bar as ReturnType<typeof progress> | null)?.stop();
  }
}

/** Says where a result lies and how far it is. */
export function tellResult(
  { record, folder }: { readonly record: ResultRecord; readonly folder: string },
  json: boolean | undefined,
): void {
  const { cells, seconds } = record;
  if (json) {
    printJson({ result: folder, experiment: record.description.experiment, ...cells, seconds });
    return;
  }
  const far =
    cells.finished === cells.all ? "" : `, ${cells.finished} of ${cells.all} cells; run it again to go on`;
  print(`${join(folder, "report.md")} (measured in ${duration(seconds)}${far})`);
}

/** Says what an interruption left, and how to go on. */
export function finish(signal: AbortSignal): void {
  if (!signal.aborted) return;
  note("stopped; what is finished is kept: the same command goes on from there");
  process.exitCode = exitCodes.interrupted;
}
