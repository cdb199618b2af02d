import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { EddyError } from "../errors.js";
import { openKernels } from "../kernels/backends.js";
import type { FromCellWorker, ToCellWorker } from "./cell-worker-messages.js";
import type { Cell } from "./cells.js";
import { type CellResult, runCell } from "./run-cell.js";

/** What measures cells one after the other. */
export interface CellWorker {
  /** @throws EddyError what the cell throws; the signal's reason once it is aborted */
  run(
    cell: Cell,
    partial: string | null,
    signal: AbortSignal,
    progress: (share: number, what: string) => void,
  ): Promise<CellResult>;
  close(): Promise<void>;
}

/** Measures in this thread: with one job, the kernels have all processors anyway. */
export async function localWorker(backend: string, data: string): Promise<CellWorker> {
  const kernels = await openKernels(backend);
  return {
    run: (cell, partial, signal, progress) => runCell(cell, { kernels, data, signal, partial, progress }),
    close: async () => kernels.close(),
  };
}

/**
 * Measures in a thread of its own, with its share of the processors.
 * @param count how many such threads there are
 */
export function threadWorker(backend: string, data: string, count: number): CellWorker {
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const worker = new Worker(new URL("./cell-worker.js", import.meta.url), {
    workerData: { backend, data },
    env: { ...process.env, EDDY_THREADS: String(threads) },
  });
  const send = (message: ToCellWorker): void => worker.postMessage(message);
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("a thread of measurements ended before its time")));
  });
  // whoever waits for a cell hears of it; between cells nobody does
  ended.catch(() => {});
  return {
    run(cell, partial, signal, progress) {
      const result = new Promise<CellResult>((resolve, reject) => {
        const stop = () => send({ op: "stop" });
        const hear = (message: FromCellWorker) => {
          if (message.op === "progress") return progress(message.share, message.what);
          worker.off("message", hear);
          signal.removeEventListener("abort", stop);
          if (message.op === "result") resolve(message.result);
          else if (message.op === "stopped") reject(signal.reason);
          else
            reject(message.code ? new EddyError(message.code, message.message) : new Error(message.message));
        };
        worker.on("message", hear);
        signal.addEventListener("abort", stop);
        send({ op: "run", cell, partial });
      });
      return Promise.race([result, ended]);
    },
    async close() {
      send({ op: "close" });
      await ended.catch(() => {});
    },
  };
}
