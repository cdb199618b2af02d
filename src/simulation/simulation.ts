import type { Observable } from "rxjs";
import type { BackendChoice } from "./choose-backend.js";

/** What a watcher wants to see, how often, and how much of it. */
export interface Watch {
  /** as "state/m1", "error/m1", "drive/m1", "output/out", "metrics/TASK" or "events"; see {@link Simulation.topics} */
  readonly topic: string;
  /** every n-th tick (state, error, drive, output); 1 for metrics and events */
  readonly every: number;
  /** which units: [start, end), every n-th */
  readonly units?: { readonly start: number; readonly end: number; readonly every: number };
  /** one row of the batch, or the mean over it */
  readonly row?: number | "mean";
}

/** A topic that can be watched. */
export interface Topic {
  readonly topic: string;
  /** tensor: float32 values of `units` units; record: a small JSON object */
  readonly payload: "tensor" | "record";
  /** units of the whole tensor; absent for records */
  readonly units?: number;
}

/** One event of a watched topic. A tensor's data are float32, one value a chosen unit. */
export interface Frame {
  /** the handle that {@link Simulation.watch} gave */
  readonly watch: number;
  readonly tick: number;
  readonly payload: Float32Array | Readonly<Record<string, unknown>>;
}

/** What may be changed in a running simulation. */
export type Command =
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** pauses, then makes so many ticks */
  | { readonly kind: "step"; readonly ticks: number }
  /** pace in ticks a second; null is as fast as possible */
  | { readonly kind: "speed"; readonly ticksPerSecond: number | null }
  | { readonly kind: "gate"; readonly pathway: string; readonly gate: number }
  | { readonly kind: "learningRate"; readonly value: number }
  | { readonly kind: "spectralRadius"; readonly module: string; readonly value: number }
  | { readonly kind: "beta"; readonly value: number };

/** What a client has to know to draw the network and its controls. */
export interface SimulationInfo {
  readonly name: string;
  /** milliseconds that a tick stands for; for axes and logs only */
  readonly tickMs: number;
  readonly backend: string;
  readonly modules: Readonly<
    Record<
      string,
      { neurons: number; blocks: Record<string, readonly [number, number]>; spectralRadius: number }
    >
  >;
  readonly pathways: readonly {
    readonly id: string;
    readonly kind: "forward" | "error" | "readout";
    readonly source: string;
    readonly target: string;
    readonly gate: number;
  }[];
  readonly tasks: readonly string[];
}

/** How a simulation stands. */
export interface SimulationStatus {
  readonly tick: number;
  readonly paused: boolean;
  readonly ticksPerSecond: number | null;
  readonly learningRate: number;
  readonly beta: number;
  readonly gates: Readonly<Record<string, number>>;
  readonly spectralRadii: Readonly<Record<string, number>>;
}

/**
 * A running network as its viewers see it: commands in, frames out. The server is given one; whether it runs in this
 * thread or in a worker of its own does not show.
 */
export interface Simulation {
  readonly info: SimulationInfo;
  /** how the backend was chosen; absent, or null, when somebody named it */
  readonly choice?: BackendChoice | null;
  readonly topics: readonly Topic[];
  /** another one each time that a simulation is opened: what a client saw of one does not continue in another */
  readonly epoch: string;
  /** how it stood after the last tick that was reported; at most 100 ms old while it runs */
  status(): SimulationStatus;
  /** frames of all watches, in order of ticks; ends with the simulation, errs with its failure */
  readonly frames: Observable<Frame>;
  /**
   * Starts to watch. @returns the handle that its frames carry
   * @throws EddyError INVALID_ARGUMENT (as a rejection) for an unknown topic or units outside it
   */
  watch(watch: Watch): Promise<number>;
  /** Ends a watch; unknown handles are ignored. */
  unwatch(handle: number): void;
  /**
   * Applies a command at the next tick boundary.
   * @returns the tick before which it was applied
   * @throws EddyError INVALID_ARGUMENT (as a rejection) for an unknown pathway or module, or a value out of range
   */
  command(command: Command): Promise<number>;
  /** Ends it; resolves when its thread is gone. */
  close(): Promise<void>;
}
