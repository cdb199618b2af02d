import type { Arena } from "./arena.js";

/** Products that are worth another thread: a few microseconds, against the half that it takes to share them. */
export const worthAThread = 16_384;

/** The operations of kernels.c. */
export const operations = {
  settle: 0,
  project: 1,
  learn: 2,
  difference: 3,
  derivative: 4,
  pack: 5,
  unpack: 6,
} as const;

/** The compiled kernels over one arena. */
export interface Engine {
  /** "wasm", "sse42", "avx2", "avx512" or "neon" */
  readonly variant: string;
  /** of the widest batch tile */
  readonly lanes: number;
  /** whether it has the form of a recurrent matrix that permutes registers */
  readonly slots: boolean;
  /** Runs one operation on the command at an offset, and returns when it is done. */
  run(operation: number, command: number): void;
}

/** Threads that take parts of what the engine runs. */
export interface Threads {
  /** how many there will be, the caller's included */
  readonly count: number;
  /** An operation of several parts comes: starts or wakes them. */
  wake(): void;
  /** They end as soon as they have nothing to do. */
  close(): void;
}

/** No threads but the caller's. */
export const noThreads: Threads = { count: 1, wake: () => {}, close: () => {} };

/** A way to get an engine: native code or WebAssembly. */
export type OpenEngine = (arena: Arena) => Engine;
