import type { NetworkState } from "./network-state.js";

/** A phase of a trial is over, for the readouts named. */
export interface PhaseEnd {
  readonly phase: "inference" | "learning";
  readonly tick: number;
  readonly trial: number;
  readonly readouts: ReadonlySet<string>;
  /** which pathways learn from this trial */
  readonly plastic: (pathway: string) => boolean;
  readonly state: NetworkState;
}
