import { SHARE_ENV, Worker } from "node:worker_threads";
import { Subject } from "rxjs";
import { EddyError, invariant } from "../errors.js";
import type { OpenOptions } from "./open-options.js";
import { checkOptions, openOptionNames } from "./simulate.js";
import type { Frame, Simulation, SimulationStatus } from "./simulation.js";
import { type FromWorker, fromFailure, type ToWorker, type WorkerStart } from "./worker-messages.js";

type Ready = Extract<FromWorker, { op: "ready" }>;
type Unnumbered<Message> = Message extends { readonly id: number } ? Omit<Message, "id"> : never;
type Answer = Extract<FromWorker, { op: "reply" }>["value"];
type Waiting = { resolve(value: Answer): void; reject(error: Error): void };

function startWorker(workerData: WorkerStart): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), {
    workerData,
    // settings of native libraries reach them only through the process's own environment
    env: SHARE_ENV,
    // Node's flags were for the caller's script: --input-type, for one, refuses a file
    execArgv: [],
  });
}

/** Waits until the network is built. */
function ready(worker: Worker): Promise<Ready> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new Error(`the simulation's thread ended early, with code ${code}`)),
    );
    worker.once("message", (message: FromWorker) => {
      worker.off("error", reject);
      if (message.op === "ready") resolve(message);
      else
        reject(
          message.op === "failed" ? fromFailure(message.failure) : new Error(`unexpected "${message.op}"`),
        );
    });
  });
}

/** Requests to the thread and the replies that they wait for. */
function correspondence(worker: Worker) {
  const waiting = new Map<number, Waiting>();
  let ids = 0;
  const settle = (id: number): Waiting | undefined => {
    const entry = waiting.get(id);
    waiting.delete(id);
    return entry;
  };
  return {
    ask(request: Unnumbered<ToWorker>): Promise<Answer> {
      ids += 1;
      const id = ids;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ ...request, id });
      });
    },
    resolve: (id: number, value: Answer) => settle(id)?.resolve(value),
    reject: (id: number, error: Error) => settle(id)?.reject(error),
    rejectAll(error: Error) {
      for (const id of [...waiting.keys()]) settle(id)?.reject(error);
    },
  };
}

/** Tells the thread, which may be waiting for it, that so many more frames are handled. */
function acknowledge(handled: Int32Array, frames: number): void {
  Atomics.add(handled, 0, frames);
  Atomics.notify(handled, 0);
}

/** What the thread tells, as it comes in; it ends with the thread, or before. */
function received(
  worker: Worker,
  letters: ReturnType<typeof correspondence>,
  first: SimulationStatus,
  handled: Int32Array,
) {
  const frames = new Subject<Frame>();
  let status = first;
  let over = false;
  const end = (error: Error | null): void => {
    if (over) return;
    over = true;
    letters.rejectAll(error ?? new EddyError("SIMULATION_ENDED", "the simulation has ended"));
    if (error) frames.error(error);
    else frames.complete();
  };
  worker.on("message", (message: FromWorker) => {
    switch (message.op) {
      case "frames":
        for (const frame of message.frames) frames.next(frame);
        // after other work's turn, so that frames alone cannot keep this thread busy
        setImmediate(acknowledge, handled, message.frames.length);
        break;
      case "reply":
        status = message.status;
        letters.resolve(message.id, message.value);
        break;
      case "refused":
        letters.reject(message.id, fromFailure(message.failure));
        break;
      case "status":
      case "ended":
        status = message.status;
        if (message.op === "ended") end(null);
        break;
      case "failed":
        end(fromFailure(message.failure));
    }
  });
  worker.on("error", end);
  worker.on("exit", () => end(null));
  return { frames: frames.asObservable(), status: () => status, over: () => over, end };
}

/**
 * Runs a network continuously in a thread of its own, which waits when about a thousand frames are not handled yet.
 * @param run a run file's content
 * @throws EddyError (as a rejection) for what is wrong with the run, its data or the backend
 */
export async function openSimulation(run: unknown, options: OpenOptions = {}): Promise<Simulation> {
  checkOptions(options, openOptionNames);
  const handled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = startWorker({ run, options, handled });
  const {
    info,
    topics,
    choice,
    status: first,
  } = await ready(worker).catch(async (error) => {
    await worker.terminate();
    throw error;
  });
  const letters = correspondence(worker);
  const { frames, status, over, end } = received(worker, letters, first, handled);
  const ask = (request: Unnumbered<ToWorker>): Promise<Answer> =>
    over()
      ? Promise.reject(new EddyError("SIMULATION_ENDED", "the simulation has ended"))
      : letters.ask(request);
  return {
    info,
    topics,
    choice,
    status,
    frames,
    async watch(watch) {
      const handle = await ask({ op: "watch", watch });
      invariant(typeof handle === "number", "a watch is answered by its handle");
      return handle;
    },
    unwatch: (handle) => worker.postMessage({ op: "unwatch", handle } satisfies ToWorker),
    async command(command, branch) {
      const applied = await ask({ op: "command", command, branch });
      invariant(typeof applied === "object", "a command is answered by what came of it");
      return applied;
    },
    async close() {
      // it may end or fail by itself meanwhile, which its frames tell
      if (!over()) await letters.ask({ op: "close" }).catch(() => {});
      end(null);
      await worker.terminate();
    },
  };
}
