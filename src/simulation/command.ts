/** What changes a simulation's clock, and nothing of its network. */
export type ClockCommand =
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** pauses, then makes so many ticks */
  | { readonly kind: "step"; readonly ticks: number }
  /** makes ticks as fast as possible until the one of this number is next, then pauses; none when it is past */
  | { readonly kind: "runUntil"; readonly tick: number }
  /** pace in ticks a second; null is as fast as possible */
  | { readonly kind: "speed"; readonly ticksPerSecond: number | null };

/**
 * What changes the network: applied between two ticks, after the feedback of the tick before, in the order in which it
 * came. A run's description and the interventions with their ticks give the same run again.
 */
export type Intervention =
  | { readonly kind: "gate"; readonly pathway: string; readonly gate: number }
  | { readonly kind: "learningRate"; readonly value: number }
  | { readonly kind: "spectralRadius"; readonly module: string; readonly value: number }
  | { readonly kind: "beta"; readonly value: number }
  /** a number of a task's own, as the noise of its stimuli; holds from the next stimulus on */
  | { readonly kind: "parameter"; readonly task: string; readonly name: string; readonly value: number }
  /** from now on a normal deviate of this standard deviation enters each unit of the module on every tick; 0 ends it */
  | { readonly kind: "noise"; readonly module: string; readonly deviation: number }
  /** adds values, one a unit of the block (null: of the module), to what drives it, for so many ticks */
  | {
      readonly kind: "drive";
      readonly module: string;
      readonly block: string | null;
      readonly values: Float32Array;
      readonly ticks: number;
    }
  /**
   * begins a trial of the task as soon as its errors allow; input [batch, size of the input], target [batch, size of
   * the readout]. A `trial` that is not the one which the task waits for is refused; null fits any.
   */
  | {
      readonly kind: "stimulus";
      readonly task: string;
      readonly input: Float32Array;
      readonly target: Float32Array | null;
      readonly trial: number | null;
    }
  /** an output error [batch, size of the readout] enters, as if the readout had been compared with a target */
  | { readonly kind: "outputError"; readonly readout: string; readonly error: Float32Array }
  /** takes all connections from and to these units away, for good */
  | { readonly kind: "lesion"; readonly module: string; readonly units: readonly number[] }
  /**
   * brings modules back to rest, and takes away what readouts answered and what enters by their errors; biases that
   * learned are zero again, and of the W of `matrices` those connections that are no numbers. The guard against NaN asks
   * for it; the wire has no word for it
   */
  | {
      readonly kind: "quiet";
      readonly modules: readonly string[];
      readonly readouts: readonly string[];
      readonly biases: readonly string[];
      readonly matrices: readonly string[];
    }
  /** begins anew, in a new epoch: states, weights (with what the optimiser remembers), or both; seed null: the same */
  | { readonly kind: "reset"; readonly what: "state" | "weights" | "both"; readonly seed: number | null }
  /** goes on from a checkpoint of this run, in a new epoch; its tick comes back, too */
  | { readonly kind: "restore"; readonly checkpoint: string };

/** What an alarm looks at. Values are compared where they are finite; NaN and infinities are `notFinite`'s. */
export type AlarmCondition =
  /** fraction of right answers, over the last so many trials of the task */
  | {
      readonly measure: "accuracy";
      readonly task: string;
      readonly over: number;
      readonly above?: number;
      readonly below?: number;
    }
  /** mean |h(t) - h(t-1)| of a module's units, looked at where an inference phase ends */
  | {
      readonly measure: "residual";
      readonly module: string;
      readonly above?: number;
      readonly below?: number;
    }
  /** of W as it is now, learned or not, times its factor */
  | { readonly measure: "spectralRadius"; readonly module: string; readonly above: number }
  /** anything in the network that is no number any more */
  | { readonly measure: "notFinite" };

/** What is kept of a simulation, and what watches over it; the network does not change by it. */
export type KeepingCommand =
  /** writes a checkpoint; its reply comes when it is on disk */
  | { readonly kind: "checkpoint" }
  /** records from now on; the name becomes a folder where the server keeps recordings */
  | {
      readonly kind: "record";
      readonly name: string;
      readonly topics: readonly RecordedTopic[];
      /** of all states: at the ends of phases, or after every tick */
      readonly hashes: "phases" | "ticks";
    }
  | { readonly kind: "stopRecording" }
  /** sets an alarm; one of the same name takes its place */
  | {
      readonly kind: "alarm";
      readonly name: string;
      readonly when: AlarmCondition;
      readonly action: "tell" | "pause" | "checkpoint" | "stop";
    }
  | { readonly kind: "disarm"; readonly name: string };

/** A topic as it is recorded. */
export interface RecordedTopic {
  readonly topic: string;
  /** every n-th tick; 1 for records */
  readonly every: number;
  readonly units?: { readonly start: number; readonly end: number; readonly every: number };
  readonly row?: number | "mean";
}

/** What makes and ends twins of a simulation. */
export type BranchCommand =
  /** a twin goes on from here, or from a checkpoint of this run, with these changes, under this name */
  | {
      readonly kind: "branch";
      readonly name: string;
      readonly checkpoint: string | null;
      readonly changes: readonly Intervention[];
    }
  | {
      readonly kind: "endBranch";
      readonly name: string;
      /** for those who are told; absent: somebody wanted it */
      readonly reason?: string;
    };

/** What may be asked of a running simulation. */
export type Command = ClockCommand | Intervention | KeepingCommand | BranchCommand;

/** Who had an intervention applied. */
export type Origin = "client" | "guard" | "replay";

/** The answer to a command. */
export interface Applied {
  /** the tick before which it was applied */
  readonly tick: number;
  /** what came of it, where there is more to say: the file of a checkpoint, the folder of a recording */
  readonly result?: Readonly<Record<string, string | number | boolean | null>>;
}

/** An intervention as it took place. */
export interface AppliedIntervention {
  /** counts all interventions of this simulation, from 0 */
  readonly seq: number;
  readonly tick: number;
  readonly command: Intervention;
  readonly by: Origin;
}
