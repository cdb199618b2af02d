import { availableParallelism } from "node:os";
import { EddyError } from "../errors.js";
import { openStimuli } from "../simulation/open-stimuli.js";
import { resolveRun } from "../simulation/run-description.js";
import { axisColumns, type Cell, cellsOf, cellText } from "./cells.js";
import { checkPanels } from "./check-panels.js";
import { drawnPanels } from "./drawn-panels.js";
import type { Experiment } from "./experiment.js";
import { appendFinished, readFinished } from "./finished-cells.js";
import type { FormName } from "./forms.js";
import {
  clearPartial,
  clearUnfinished,
  type Description,
  finishedPath,
  type Origin,
  openFolder,
  partialPath,
  type ResultRecord,
  writeRecord,
} from "./result-folder.js";
import type { CellResult } from "./run-cell.js";
import { runCells } from "./run-cells.js";
import type { Study } from "./study.js";
import type { Table } from "./table.js";
import { drawResult, readTables, writeData } from "./write-result.js";

/** What happens while an experiment is made. */
export type ConductEvent =
  | { readonly kind: "plan"; readonly finished: number; readonly all: number }
  | { readonly kind: "progress"; readonly done: number; readonly all: number; readonly what: string }
  | {
      readonly kind: "cell";
      readonly cell: Cell;
      readonly result: CellResult;
      readonly done: number;
      readonly all: number;
    }
  | { readonly kind: "drawing" };

/** How an experiment is made. */
export interface ConductOptions {
  readonly form: FormName;
  /** in this form, with a user's changes */
  readonly studies: Readonly<Record<string, Study>>;
  readonly backend: string;
  /** folder of the data sets */
  readonly data: string;
  /** folder of the result */
  readonly out: string;
  /** cells at once */
  readonly jobs: number;
  /** start anew where there is a result of another description */
  readonly force: boolean;
  readonly origin: Origin;
  /** ends it; what is finished is kept, and written as far as it goes */
  readonly signal: AbortSignal;
  tell(event: ConductEvent): void;
}

/** Opens the stimuli of every kind once: what is missing shows before hours of work. */
function checkData(cells: readonly Cell[], data: string): void {
  const seen = new Set<string>();
  for (const { run } of cells) {
    const resolved = resolveRun(run);
    const kinds = JSON.stringify([resolved.stimuli, [...resolved.network.inputs]]);
    if (seen.has(kinds)) continue;
    seen.add(kinds);
    openStimuli(resolved, data);
  }
}

/** Measures the cells that wait, and keeps each as it is finished. */
async function measure(
  cells: readonly Cell[],
  finished: Map<string, CellResult>,
  { backend, data, out, jobs, signal, tell }: ConductOptions,
): Promise<void> {
  const waiting = cells.filter(({ id }) => !finished.has(id));
  const shares = new Map<string, number>();
  const done = () => finished.size + [...shares.values()].reduce((sum, share) => sum + share, 0);
  await runCells(waiting, {
    backend,
    data,
    jobs,
    signal,
    partial: ({ id }) => partialPath(out, id),
    async finished(cell, result) {
      await appendFinished(finishedPath(out), cell, result);
      shares.delete(cell.id);
      finished.set(cell.id, result);
      await clearPartial(out, cell.id);
      tell({ kind: "cell", cell, result, done: finished.size, all: cells.length });
    },
    progress(cell, share, what) {
      shares.set(cell.id, share);
      tell({ kind: "progress", done: done(), all: cells.length, what: `${cellText(cell)}: ${what}` });
    },
  });
}

/** Tables by study, of the cells that are finished, in the order of the cells. */
function tablesOf(
  studies: Readonly<Record<string, Study>>,
  cells: readonly Cell[],
  finished: ReadonlyMap<string, CellResult>,
): Record<string, Table> {
  return Object.fromEntries(
    Object.entries(studies).map(([study, given]) => [
      study,
      {
        axes: axisColumns(given),
        rows: cells
          .filter((cell) => cell.study === study)
          .flatMap(({ id, labels, seed }) =>
            (finished.get(id)?.rows ?? []).map((row) => ({ ...labels, seed, ...row })),
          ),
      },
    ]),
  );
}

/** The versions that made a result's cells. */
const versions = (before: string | undefined, now: string): string =>
  [...new Set([...(before?.split(", ") ?? []), now])].join(", ");

/** The record of a result as far as it is. */
function recordOf(
  experiment: Experiment,
  { origin, jobs }: ConductOptions,
  description: Description,
  cells: readonly Cell[],
  finished: ReadonlyMap<string, CellResult>,
  before: ResultRecord | null,
): ResultRecord {
  const seconds = [...finished.values()].reduce((sum, result) => sum + result.seconds, 0);
  const now = new Date().toISOString();
  return {
    format: "eddy-result/1",
    title: experiment.title,
    source: experiment.source,
    ...origin,
    eddy: versions(before?.eddy, origin.eddy),
    description,
    jobs,
    cells: { finished: finished.size, all: cells.length },
    diverged: cells.flatMap((cell) => {
      const why = finished.get(cell.id)?.diverged ?? null;
      return why === null ? [] : [{ cell: cellText(cell), why }];
    }),
    seconds: Math.round(seconds * 10) / 10,
    started: before?.started ?? now,
    changed: now,
  };
}

/** Checks what can be checked before hours of work. @throws EddyError INVALID_ARGUMENT, INVALID_DESCRIPTION, DATA_MISSING */
function planned(experiment: Experiment, { studies, data, jobs }: ConductOptions): Cell[] {
  if (jobs > availableParallelism()) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `jobs: given ${jobs}, needed at most ${availableParallelism()}, the processors here`,
    );
  }
  const cells = Object.entries(studies).flatMap(([study, given]) => cellsOf(study, given));
  checkPanels(drawnPanels(experiment, studies), cells);
  checkData(cells, data);
  return cells;
}

/**
 * Makes an experiment: measures what is not finished yet, then writes data, figure and report into its folder. What was
 * finished before an interruption or a crash is not measured again; of a complete result figure and report are made anew.
 * @returns the result's record
 * @throws EddyError before anything is measured: INVALID_DESCRIPTION, DATA_MISSING, FILE_EXISTS; then what a cell throws
 */
export async function conduct(experiment: Experiment, options: ConductOptions): Promise<ResultRecord> {
  const { form, studies, backend, out, force, tell } = options;
  const cells = planned(experiment, options);
  const description: Description = { experiment: experiment.name, form, studies, backend };
  const before = await openFolder(out, description, force);
  if (before && before.cells.finished === before.cells.all) {
    tell({ kind: "drawing" });
    await drawResult(experiment, out, await readTables(out, studies), before);
    await clearUnfinished(out);
    return before;
  }
  const known = new Set(cells.map(({ id }) => id));
  const finished = new Map([...(await readFinished(finishedPath(out)))].filter(([id]) => known.has(id)));
  tell({ kind: "plan", finished: finished.size, all: cells.length });
  const record = () => recordOf(experiment, options, description, cells, finished, before);
  // what is in the folder says from the start whose it is; it is complete once its data are written
  const unwritten = Math.min(finished.size, cells.length - 1);
  await writeRecord(out, { ...record(), cells: { finished: unwritten, all: cells.length } });
  let failure: { readonly error: unknown } | null = null;
  try {
    await measure(cells, finished, options);
  } catch (error) {
    failure = { error };
  }
  if (finished.size > 0) {
    tell({ kind: "drawing" });
    const tables = tablesOf(studies, cells, finished);
    try {
      await writeData(out, tables);
      await writeRecord(out, record());
      await drawResult(experiment, out, tables, record());
    } catch (error) {
      // the first thing that went wrong is told
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
  if (finished.size === cells.length) await clearUnfinished(out);
  return record();
}
