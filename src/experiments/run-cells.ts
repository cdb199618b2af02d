import { EddyError } from "../errors.js";
import { type CellWorker, localWorker, threadWorker } from "./cell-workers.js";
import { type Cell, cellText } from "./cells.js";
import type { CellResult } from "./run-cell.js";

/** How cells are measured. */
export interface RunCellsOptions {
  readonly backend: string;
  /** folder of the data sets */
  readonly data: string;
  /** cells at once */
  readonly jobs: number;
  /** ends the cells under way, which are not counted as finished */
  readonly signal: AbortSignal;
  /** where a cell may keep what it has so far */
  partial(cell: Cell): string | null;
  /** A cell is finished; called for one after the other. */
  finished(cell: Cell, result: CellResult): Promise<void>;
  /** How far the cells under way are. */
  progress(cell: Cell, share: number, what: string): void;
}

/** One refusal for all cells that were refused. */
function refusalOf([first, ...more]: readonly {
  readonly cell: Cell;
  readonly error: EddyError;
}[]): EddyError {
  const others = more.length > 0 ? ` (and ${more.length} more cells)` : "";
  return new EddyError(first.error.code, `${cellText(first.cell)}: ${first.error.message}${others}`, {
    cause: first.error,
  });
}

async function openWorkers(cells: number, { backend, data, jobs }: RunCellsOptions): Promise<CellWorker[]> {
  if (jobs === 1) return [await localWorker(backend, data)];
  const count = Math.min(jobs, cells);
  return Array.from({ length: count }, () => threadWorker(backend, data, count));
}

/**
 * Measures cells in their order, `jobs` at once, until all are finished or the signal says stop. A cell that is refused
 * does not keep the others from being measured.
 * @throws EddyError what the first refused cell throws, once the others are finished; at once what is a bug of ours, and
 * what `finished` throws
 */
export async function runCells(cells: readonly Cell[], options: RunCellsOptions): Promise<void> {
  if (cells.length === 0) return;
  const { partial, finished, progress } = options;
  const fatal = new AbortController();
  const signal = AbortSignal.any([options.signal, fatal.signal]);
  const workers = await openWorkers(cells.length, options);
  const waiting = [...cells];
  const refused: { readonly cell: Cell; readonly error: EddyError }[] = [];
  let kept: Promise<void> = Promise.resolve();
  const measure = async (worker: CellWorker, cell: Cell): Promise<CellResult | null> => {
    try {
      return await worker.run(cell, partial(cell), signal, (share, what) => progress(cell, share, what));
    } catch (error) {
      if (signal.aborted && error === signal.reason) return null;
      if (!(error instanceof EddyError)) throw error;
      refused.push({ cell, error });
      return null;
    }
  };
  const work = async (worker: CellWorker, cell: Cell): Promise<void> => {
    try {
      const result = await measure(worker, cell);
      if (!result) return;
      kept = kept.then(() => finished(cell, result));
      await kept;
    } catch (error) {
      fatal.abort(error);
    }
  };
  const workAll = async (worker: CellWorker) => {
    for (let cell = waiting.shift(); cell && !signal.aborted; cell = waiting.shift())
      await work(worker, cell);
  };
  await Promise.all(workers.map(workAll));
  await Promise.all(workers.map((worker) => worker.close()));
  if (fatal.signal.aborted) throw fatal.signal.reason;
  if (refused.length > 0) throw refusalOf(refused);
}
