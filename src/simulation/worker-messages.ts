import { EddyError, type ErrorCode, messageOf } from "../errors.js";
import type { BackendChoice } from "./choose-backend.js";
import type { Applied, Command } from "./command.js";
import type { OpenOptions } from "./open-options.js";
import type { Frame, SimulationInfo, SimulationStatus, Topic, Watch } from "./simulation.js";

/** What a simulation's thread is started with. */
export interface WorkerStart {
  /** a run file's content, or a resolved run's description */
  readonly run: unknown;
  readonly options: OpenOptions;
  /** [1] frames that the other side has handled, modulo 2^32; in shared memory */
  readonly handled: Int32Array;
}

/** An error as it crosses threads; `code` null is a bug of ours. */
export interface WorkerFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  /** where a bug of ours happened */
  readonly stack?: string;
}

/** To the thread. Every id gets one reply. */
export type ToWorker =
  | { readonly op: "watch"; readonly id: number; readonly watch: Watch }
  | { readonly op: "command"; readonly id: number; readonly command: Command; readonly branch?: string }
  | { readonly op: "close"; readonly id: number }
  | { readonly op: "unwatch"; readonly handle: number };

/** From the thread. */
export type FromWorker =
  | {
      readonly op: "ready";
      readonly info: SimulationInfo;
      readonly topics: readonly Topic[];
      readonly choice: BackendChoice | null;
      readonly status: SimulationStatus;
    }
  | {
      readonly op: "reply";
      readonly id: number;
      /** the handle of a watch, or what a command gave; nothing else has more to say than that it is done */
      readonly value: number | Applied;
      readonly status: SimulationStatus;
    }
  | { readonly op: "refused"; readonly id: number; readonly failure: WorkerFailure }
  | { readonly op: "frames"; readonly frames: readonly Frame[] }
  | { readonly op: "status"; readonly status: SimulationStatus }
  | { readonly op: "ended"; readonly status: SimulationStatus }
  | { readonly op: "failed"; readonly failure: WorkerFailure };

/** Makes an error fit to cross threads. */
export const toFailure = (error: unknown): WorkerFailure => ({
  code: error instanceof EddyError ? error.code : null,
  message: messageOf(error),
  ...(error instanceof Error && !(error instanceof EddyError) && { stack: error.stack }),
});

/** The error that crossed. */
export function fromFailure({ code, message, stack }: WorkerFailure): Error {
  if (code !== null) return new EddyError(code, message);
  const error = new Error(message);
  // that of this thread would show only where the message arrived
  if (stack !== undefined) error.stack = stack;
  return error;
}
