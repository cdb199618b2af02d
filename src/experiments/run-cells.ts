import { type CellWorker, localWorker, threadWorker } from "./cell-workers.js";
import type { Cell } from "./cells.js";
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
  /** A cell is finished. */
  finished(cell: Cell, result: CellResult): Promise<void>;
  /** How far the cells under way are. */
  progress(cell: Cell, share: number, what: string): void;
}

/**
 * Measures cells in their order, `jobs` at once, until all are finished or the signal says stop.
 * @throws EddyError what a cell throws; the others under way are given up then
 */
export async function runCells(cells: readonly Cell[], options: RunCellsOptions): Promise<void> {
  if (cells.length === 0) return;
  const { backend, data, jobs, partial, finished, progress } = options;
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  const workers: CellWorker[] =
    jobs === 1
      ? [await localWorker(backend, data)]
      : Array.from({ length: Math.min(jobs, cells.length) }, () => threadWorker(backend, data, jobs));
  const waiting = [...cells];
  const work = async (worker: CellWorker) => {
    for (let cell = waiting.shift(); cell && !signal.aborted; cell = waiting.shift()) {
      const current = cell;
      await finished(
        current,
        await worker.run(current, partial(current), signal, (share, what) => progress(current, share, what)),
      );
    }
  };
  const outcomes = await Promise.allSettled(
    workers.map((worker) =>
      work(worker).catch((error) => {
        own.abort(error);
        throw error;
      }),
    ),
  );
  await Promise.all(workers.map((worker) => worker.close()));
  if (options.signal.aborted) return;
  if (own.signal.aborted) throw own.signal.reason;
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
