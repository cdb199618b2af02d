import { setImmediate as otherWork } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../errors.js";
import type { Applied } from "./command.js";
import { simulate } from "./simulate.js";
import type { Frame, Simulation, SimulationStatus } from "./simulation.js";
import { type FromWorker, type ToWorker, toFailure, type WorkerStart } from "./worker-messages.js";

/** How often the thread tells how it stands, ms. */
const statusMs = 50;

/** Frames that may be under way before the simulation has to wait for whoever takes them. */
const framesUnderWayMax = 1024;

const port = parentPort;
invariant(port, "the simulation's thread has a parent");
const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Holds this thread, ticks and all, while too many frames are under way: nothing else bounds the queue of a port. */
function awaitRoom(handled: Int32Array, sent: number): void {
  for (;;) {
    const arrived = Atomics.load(handled, 0);
    if (((sent - arrived) | 0) <= framesUnderWayMax) return;
    Atomics.wait(handled, 0, arrived);
  }
}

/**
 * Frames go out in bundles, one for each turn of the event loop; their memory moves with them.
 * @param begun how it stands, when a new epoch has begun that nobody has been told of: that goes out before its frames
 */
function bundled(handled: Int32Array, begun: () => SimulationStatus | null): (frame: Frame) => void {
  let bundle: Frame[] = [];
  let sent = 0;
  const flush = (): void => {
    const buffers = bundle.flatMap(({ payload }) =>
      (payload instanceof Float32Array || payload instanceof Uint8Array) &&
      payload.buffer instanceof ArrayBuffer
        ? [payload.buffer]
        : [],
    );
    send({ op: "frames", frames: bundle }, [...new Set(buffers)]);
    sent = (sent + bundle.length) | 0;
    bundle = [];
    awaitRoom(handled, sent);
  };
  return (frame) => {
    const status = begun();
    if (status) {
      if (bundle.length > 0) flush();
      send({ op: "status", status });
    }
    bundle.push(frame);
    if (bundle.length > 1) return;
    setImmediate(() => {
      // it went out before a new epoch, or nothing has come since
      if (bundle.length > 0) flush();
    });
  };
}

/** Commands that are not answered yet; only these begin epochs. */
let commandsUnderWay = 0;

/** Looks whether an epoch has begun, as long as a command may have done so. */
function newEpochs(status: () => SimulationStatus): () => SimulationStatus | null {
  let { epoch } = status();
  return () => {
    if (commandsUnderWay === 0) return null;
    const now = status();
    if (now.epoch === epoch) return null;
    epoch = now.epoch;
    return now;
  };
}

async function command(
  simulation: Simulation,
  { command: asked, branch }: Extract<ToWorker, { op: "command" }>,
): Promise<Applied> {
  commandsUnderWay += 1;
  try {
    return await simulation.command(asked, branch);
  } finally {
    commandsUnderWay -= 1;
  }
}

async function answer(simulation: Simulation, message: ToWorker): Promise<void> {
  if (message.op === "unwatch") {
    simulation.unwatch(message.handle);
    return;
  }
  const { id } = message;
  try {
    let value: number | Applied = 0;
    if (message.op === "watch") value = await simulation.watch(message.watch);
    else if (message.op === "command") value = await command(simulation, message);
    else {
      await simulation.close();
      // the reply is the last word, so the frames that wait for this turn of the event loop go first
      await otherWork();
    }
    send({ op: "reply", id, value, status: simulation.status() });
  } catch (error) {
    send({ op: "refused", id, failure: toFailure(error) });
  }
}

async function start({ run, options, handled }: WorkerStart): Promise<void> {
  const simulation = await simulate(run, options);
  const status = () => simulation.status();
  send({
    op: "ready",
    info: simulation.info,
    topics: simulation.topics,
    choice: simulation.choice ?? null,
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
    next: bundled(handled, newEpochs(status)),
    error: (error) => stop({ op: "failed", failure: toFailure(error) }),
    complete: () => stop({ op: "ended", status: status() }),
  });
}

start(workerData as WorkerStart).catch((error) => send({ op: "failed", failure: toFailure(error) }));
