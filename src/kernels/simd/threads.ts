import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { EddyError } from "../../errors.js";
import { type Arena, poolWords } from "./arena.js";
import type { Threads } from "./engine.js";
import { stackBytes } from "./webassembly.js";

const mostThreads = 16;

/** What a thread of this engine loads. */
export interface ThreadSource {
  readonly addon: string | null;
  readonly module: WebAssembly.Module | null;
  readonly variant: string;
}

/**
 * How many threads compute: EDDY_THREADS, else as many as there are processors, up to 16.
 * @throws EddyError INVALID_ARGUMENT
 */
export function threadCount(given: string | undefined = process.env.EDDY_THREADS): number {
  if (given === undefined || given === "") return Math.min(availableParallelism(), mostThreads);
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1 || count > mostThreads) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `EDDY_THREADS is "${given}", needed a whole number from 1 to ${mostThreads}`,
    );
  }
  return count;
}

/**
 * Threads that take parts of the kernels' work over the shared memory. They start with the first operation that has
 * parts, join when they are ready, look for work for a fifth of a millisecond and then sleep until they are woken.
 */
export function workerThreads(arena: Arena, source: ThreadSource, count: number): Threads {
  const { pool } = arena;
  pool[poolWords.threads] = 1;
  let started = false;
  let closed = false;
  const start = () => {
    const stackTop = source.module ? arena.allocate(stackBytes) + stackBytes : 0;
    const worker = new Worker(new URL("./thread.js", import.meta.url), {
      workerData: { memory: arena.memory, ...source, stackTop },
      execArgv: [],
    });
    worker.unref();
    // one that cannot begin never joins, and the others do its part
    worker.on("error", () => {});
  };
  const startAll = () => {
    started = true;
    try {
      for (let k = 1; k < count; k++) start();
    } catch {
      // where the system gives no more threads, those that there are do the work
    }
  };
  return {
    count,
    wake() {
      if (closed || count < 2) return;
      if (!started) startAll();
      if (Atomics.load(pool, poolWords.sleepers) === 0) return;
      Atomics.add(pool, poolWords.wake, 1);
      Atomics.notify(pool, poolWords.wake);
    },
    close() {
      closed = true;
      Atomics.store(pool, poolWords.stop, 1);
      Atomics.add(pool, poolWords.wake, 1);
      Atomics.notify(pool, poolWords.wake);
    },
  };
}
