import { parentPort, workerData } from "node:worker_threads";
import { EddyError, invariant } from "../errors.js";
import { openKernels } from "../kernels/backends.js";
import type { Kernels } from "../kernels/kernels.js";
import type { FromCellWorker, ToCellWorker } from "./cell-worker-messages.js";
import { runCell } from "./run-cell.js";

const port = parentPort;
invariant(port, "a thread of measurements has a parent");
const { backend, data } = workerData as { readonly backend: string; readonly data: string };
const send = (message: FromCellWorker): void => port.postMessage(message);

let kernels: Kernels | null = null;
let controller = new AbortController();

async function run({ cell, partial }: Extract<ToCellWorker, { op: "run" }>): Promise<void> {
  controller = new AbortController();
  try {
    kernels ??= await openKernels(backend);
    const { signal } = controller;
    const progress = (share: number, what: string) => send({ op: "progress", share, what });
    send({ op: "result", result: await runCell(cell, { kernels, data, signal, partial, progress }) });
  } catch (error) {
    const { signal } = controller;
    if (signal.aborted && error === signal.reason) return send({ op: "stopped" });
    const code = error instanceof EddyError ? error.code : null;
    const text = error instanceof Error ? error.message : String(error);
    const message = code === null && error instanceof Error ? (error.stack ?? text) : text;
    send({ op: "failure", code, message });
  }
}

port.on("message", (message: ToCellWorker) => {
  if (message.op === "run") void run(message);
  else if (message.op === "stop") controller.abort();
  else {
    // Dawn's addon takes the process with it when a thread ends over open kernels
    kernels?.close();
    port.close();
  }
});
