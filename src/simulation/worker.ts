import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../errors.js";
import { simulate } from "./simulate.js";
import type { Frame, Simulation } from "./simulation.js";
import { type FromWorker, type ToWorker, toFailure, type WorkerStart } from "./worker-messages.js";

/** How often the thread tells how it stands, ms. */
const statusMs = 50;

const port = parentPort;
invariant(port, "the simulation's thread has a parent");
const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Frames go out in bundles, one for each turn of the event loop; their memory moves with them. */
function bundled(): (frame: Frame) => void {
  let bundle: Frame[] = [];
  return (frame) => {
    bundle.push(frame);
    if (bundle.length > 1) return;
    setImmediate(() => {
      const buffers = bundle.flatMap(({ payload }) =>
        payload instanceof Float32Array && payload.buffer instanceof ArrayBuffer ? [payload.buffer] : [],
      );
      send({ op: "frames", frames: bundle }, [...new Set(buffers)]);
      bundle = [];
    });
  };
}

async function answer(simulation: Simulation, message: ToWorker): Promise<void> {
  if (message.op === "unwatch") {
    simulation.unwatch(message.handle);
    return;
  }
  const { id } = message;
  try {
    let value = 0;
    if (message.op === "watch") value = await simulation.watch(message.watch);
    else if (message.op === "command") value = await simulation.command(message.command);
    else await simulation.close();
    send({ op: "reply", id, value, status: simulation.status() });
  } catch (error) {
    send({ op: "refused", id, failure: toFailure(error) });
  }
}

async function start({ run, backend, dataDirectory, options }: WorkerStart): Promise<void> {
  const simulation = await simulate(run, { ...options, backend, data: dataDirectory });
  const status = () => simulation.status();
  send({
    op: "ready",
    info: simulation.info,
    topics: simulation.topics,
    epoch: simulation.epoch,
    status: status(),
  });
  const timer = setInterval(() => send({ op: "status", status: status() }), statusMs);
  const stop = (message: FromWorker) => {
    clearInterval(timer);
    // frames that wait for this turn of the event loop go first
    setImmediate(() => setImmediate(() => send(message)));
  };
  port?.on("message", (message: ToWorker) => void answer(simulation, message));
  simulation.frames.subscribe({
    next: bundled(),
    error: (error) => stop({ op: "failed", failure: toFailure(error) }),
    complete: () => stop({ op: "ended", status: status() }),
  });
}

start(workerData as WorkerStart).catch((error) => send({ op: "failed", failure: toFailure(error) }));
