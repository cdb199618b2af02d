import type { Observable } from "rxjs";
import type { BackendChoice } from "./choose-backend.js";
import type { Applied, Command } from "./command.js";

export type { Applied, Command } from "./command.js";

/** What a watcher wants to see, how often, and how much of it. */
export interface Watch {
  /** as "state/m1", "error/m1", "weights/m1->m2", "output/out", "metrics/TASK", "events"; see {@link Simulation.topics} */
  readonly topic: string;
  /** every n-th tick (tensors); 1 for records */
  readonly every: number;
  /** at most so many frames a second (tensors, metrics, lanes); absent: no limit, 10 for lanes */
  readonly hzMax?: number;
  /** which units: [start, end), every n-th */
  readonly units?: { readonly start: number; readonly end: number; readonly every: number };
  /** one row of the batch, or the mean over it */
  readonly row?: number | "mean";
  /** what is made of these units before they are read back; absent: their values */
  readonly reduce?: Reduction;
  /** lanes: the window that each frame shows; absent: the last 1,000 ticks */
  readonly window?: LaneWindow;
}

/** What a watcher gets in place of the values. */
export type Reduction =
  /** their projection on so many principal components, found in the watch's first 128 ticks, before which no frame comes */
  | { readonly kind: "components"; readonly count: number }
  /** how many of them fall into each of so many equal bins; those outside count for the first and the last, NaN for none */
  | { readonly kind: "histogram"; readonly bins: number; readonly range: readonly [number, number] }
  /** each as a byte, from `range[0]` (0) to `range[1]` (255); those outside are 0 and 255, NaN is 0 */
  | { readonly kind: "bytes"; readonly range: readonly [number, number] };

/** Ticks of the recent past: so many up to `end`, which is the latest tick when absent. */
export interface LaneWindow {
  readonly ticks: number;
  readonly end?: number;
}

/** A topic that can be watched. */
export interface Topic {
  readonly topic: string;
  /** tensor: float32 values of `units` units; record: a small JSON object; lanes: a record that a window is asked of */
  readonly payload: "tensor" | "record" | "lanes";
  /** units of the whole tensor, of weights all values [from, to]; absent for records */
  readonly units?: number;
}

/** One event of a watched topic. A tensor's data are float32, one value a chosen unit, unless it was reduced. */
export interface Frame {
  /** the handle that {@link Simulation.watch} gave */
  readonly watch: number;
  readonly tick: number;
  readonly payload: Float32Array | Uint8Array | Readonly<Record<string, unknown>>;
}

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
  /** another one with every start, reset and restore: what a client saw of one does not continue in another */
  readonly epoch: string;
  readonly paused: boolean;
  readonly ticksPerSecond: number | null;
  readonly learningRate: number;
  readonly beta: number;
  readonly gates: Readonly<Record<string, number>>;
  readonly spectralRadii: Readonly<Record<string, number>>;
  /** standard deviation of the noise that enters, by module that has any */
  readonly noise: Readonly<Record<string, number>>;
  /** numbers of the tasks' own that may be changed, by task */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** of tasks whose stimuli a client brings: whether it is awaited, late, or gone */
  readonly worlds: Readonly<Record<string, "answered" | "awaited" | "late" | "gone">>;
  readonly alarms: Readonly<Record<string, "armed" | "raised">>;
  readonly recording: { readonly name: string; readonly bytes: number } | null;
  /** the latest that is whole on disk */
  readonly checkpoint: { readonly name: string; readonly tick: number } | null;
  /** why it goes on with less than it was started with, as after a GPU was lost */
  readonly degraded: string | null;
  /** twins beside it, by name */
  readonly branches: Readonly<Record<string, { readonly tick: number; readonly paused: boolean }>>;
  readonly load: SimulationLoad;
}

/** What running and watching cost, counted since the simulation was opened. */
export interface SimulationLoad {
  readonly ticks: number;
  /** seconds spent in ticks, all parts included */
  readonly tickSeconds: number;
  /** seconds spent for watchers, in ticks and beside them: asking for what they see, reducing it, handing it on */
  readonly watchingSeconds: number;
  /** ticks that began more than a period of the pace after they were due */
  readonly lateTicks: number;
  /** frames that are being read back */
  readonly framesWaiting: number;
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
  /** how it stood after the last tick that was reported; at most 100 ms old while it runs */
  status(): SimulationStatus;
  /**
   * frames of all watches, each watch's in order of ticks within an epoch; ends with the simulation, errs with its
   * failure
   */
  readonly frames: Observable<Frame>;
  /**
   * Starts to watch. Frames begin with what there is now, if anything: a tensor, or a record that waits for an answer.
   * @returns the handle that its frames carry
   * @throws EddyError INVALID_ARGUMENT (as a rejection) for an unknown topic or units outside it
   */
  watch(watch: Watch): Promise<number>;
  /** Ends a watch; unknown handles are ignored. */
  unwatch(handle: number): void;
  /**
   * Applies a command at the next tick boundary. What is recorded is on disk before this resolves.
   * @param branch name of the twin that it is for; absent: the simulation itself
   * @returns the tick before which it was applied, and what came of it
   * @throws EddyError INVALID_ARGUMENT (as a rejection) for an unknown name, a value out of range, or a command that
   *   this simulation was not opened for
   */
  command(command: Command, branch?: string): Promise<Applied>;
  /** Ends it; resolves when its thread is gone. */
  close(): Promise<void>;
}
