/** How a task does. */
export interface TaskView {
  readonly name: string;
  /** running means of the fraction right, oldest first */
  readonly accuracies: readonly number[];
  /** trials that were seen, and the number of the last; -1 before the first */
  readonly trials: number;
  readonly trial: number;
  readonly phase: string;
}

/** What a module's units do. */
export interface ModuleView {
  readonly name: string;
  /** means of |h| over some units, or one unit's h, oldest first */
  readonly states: readonly number[];
  /** means of |e| */
  readonly errors: readonly number[];
}

/** All that is drawn; plain values, so that what is drawn follows from them alone. */
export interface MonitorModel {
  readonly name: string;
  readonly backend: string;
  readonly link: string;
  readonly isOpen: boolean;
  readonly isViewer: boolean;
  readonly tick: number;
  readonly ticksPerSecond: number | null;
  readonly paused: boolean;
  /** ticks a second that are asked for; null: as fast as possible */
  readonly pace: number | null;
  readonly tasks: readonly TaskView[];
  readonly modules: readonly ModuleView[];
  /** the unit whose trace is shown in place of the mean of |h| */
  readonly unit: number | null;
  readonly gates: readonly { readonly pathway: string; readonly gate: number }[];
  /** the gate that keys change */
  readonly chosen: number;
  readonly alarms: Readonly<Record<string, "armed" | "raised">>;
  readonly recording: { readonly name: string; readonly bytes: number } | null;
  readonly checkpoint: { readonly name: string; readonly tick: number } | null;
  readonly degraded: string | null;
  readonly twins: readonly string[];
  readonly watching: {
    readonly framesPerSecond: number;
    readonly bytesPerSecond: number;
    readonly dropped: number;
    /** of the simulation's time, spent for all watchers; null before it has made a tick */
    readonly share: number | null;
  };
  /** the last thing that happened; shown in place of nothing */
  readonly message: { readonly text: string; readonly isBad: boolean } | null;
  readonly asking: string | null;
  readonly isHelp: boolean;
}
