import type { KeepingCommand } from "./command.js";

/** How a simulation begins and ends. */
export interface SimulationOptions {
  /** ticks a second; null is as fast as possible */
  readonly ticksPerSecond: number | null;
  /** ends after so many ticks; null goes on until closed */
  readonly ticks: number | null;
  /** waits for a resume or a step */
  readonly paused: boolean;
}

/** Where checkpoints of a running simulation go, when, and how many stay. */
export interface CheckpointOptions {
  readonly folder: string;
  /** absent: on demand alone */
  readonly everyTicks?: number;
  readonly everySeconds?: number;
  /** the latest so many stay; default 3 */
  readonly keep?: number;
}

/** Where recordings go, and how much room they may take. */
export interface RecordingOptions {
  /** each recording is a folder in it */
  readonly folder: string;
  /** a recording ends, with an event, when it has grown to this; absent: no limit */
  readonly bytesMax?: number;
  /** and when less than this is free on the disk; default 64 MiB */
  readonly freeBytesMin?: number;
  /** ticks between two checkpoints that a recording keeps for replays that begin late; default 20,000 */
  readonly everyTicks?: number;
  /** records from the first tick on */
  readonly atOnce?: Omit<Extract<KeepingCommand, { kind: "record" }>, "kind">;
}

/** Where and how a simulation runs; all have defaults. */
export interface OpenOptions extends Partial<SimulationOptions> {
  /** a backend's name, or "auto" for the one that is fastest for this run; default: see `defaultBackend` */
  readonly backend?: string;
  /** where data sets are; default: EDDY_DATA, else the user's cache folder */
  readonly data?: string;
  /** path of a checkpoint of this run to go on from, or of a folder of them: its latest that is whole */
  readonly from?: string;
  /** absent: none are kept, and none can be restored */
  readonly checkpoints?: CheckpointOptions;
  /** absent: nothing can be recorded */
  readonly recordings?: RecordingOptions;
  /** nothing but what it is told to do is done: no guard against NaN acts, and no alarm */
  readonly replay?: boolean;
  /** why it goes on with less than it was started with, as after a GPU was lost: its status and an event say so */
  readonly degraded?: string;
  /** folder in which twins find what they begin with; absent: it has no twins */
  readonly branchPoints?: string;
}
