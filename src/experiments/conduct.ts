import { availableParallelism } from "node:os";
import { EddyError } from "../errors.js";
import { openStimuli } from "../simulation/open-stimuli.js";
import { resolveRun } from "../simulation/run-description.js";
import { axisColumns, type Cell, cellsOf } from "./cells.js";
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
import { readTables, writeResult } from "./write-result.js";

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

const labelOf = ({ labels, seed }: Cell): string =>
  [...Object.entries(labels).map(([axis, value]) => `${axis} ${value}`), `seed ${seed}`].join(", ");

/** Measures the cells that wait. @returns whether the signal ended it */
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
      shares.delete(cell.id);
      finished.set(cell.id, result);
      await appendFinished(finishedPath(out), cell, result);
      await clearPartial(out, cell.id);
      tell({ kind: "cell", cell, result, done: finished.size, all: cells.length });
    },
    progress(cell, share, what) {
      shares.set(cell.id, share);
      tell({ kind: "progress", done: done(), all: cells.length, what: `${labelOf(cell)}: ${what}` });
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

/**
 * Makes an experiment: measures what is not finished yet, then writes data, figure and report into its folder. What was
 * finished before an interruption or a crash is not measured again.
 * @returns the result's record
 * @throws EddyError before anything is measured: INVALID_DESCRIPTION, DATA_MISSING, FILE_EXISTS; then what a cell throws
 */
export async function conduct(experiment: Experiment, options: ConductOptions): Promise<ResultRecord> {
  const { form, studies, backend, data, out, jobs, force, origin, signal, tell } = options;
  if (jobs > availableParallelism()) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `jobs: given ${jobs}, needed at most ${availableParallelism()}, the processors here`,
    );
  }
  const cells = Object.entries(studies).flatMap(([study, given]) => cellsOf(study, given));
  checkData(cells, data);
  const description: Description = { experiment: experiment.name, form, studies, backend };
  const before = await openFolder(out, description, force);
  if (before && before.cells.finished === before.cells.all) {
    tell({ kind: "drawing" });
    await writeResult(experiment, out, await readTables(out, studies), before);
    return before;
  }
  const finished = new Map(
    [...(await readFinished(finishedPath(out)))].filter(([id]) => cells.some((cell) => cell.id === id)),
  );
  tell({ kind: "plan", finished: finished.size, all: cells.length });
  const started = before?.started ?? new Date().toISOString();
  const recordNow = (): ResultRecord => ({
    format: "eddy-result/1",
    title: experiment.title,
    source: experiment.source,
    ...origin,
    description,
    jobs,
    cells: { finished: finished.size, all: cells.length },
    seconds: Math.round([...finished.values()].reduce((sum, { seconds }) => sum + seconds, 0) * 10) / 10,
    started,
    changed: new Date().toISOString(),
  });
  // what is in the folder says from the start whose it is
  await writeRecord(out, { ...recordNow(), cells: { finished: 0, all: cells.length } });
  try {
    await measure(cells, finished, options);
  } finally {
    if (finished.size > 0) {
      tell({ kind: "drawing" });
      await writeResult(experiment, out, tablesOf(studies, cells, finished), recordNow());
      await writeRecord(out, recordNow());
    }
  }
  if (!signal.aborted && finished.size === cells.length) await clearUnfinished(out);
  return recordNow();
}
