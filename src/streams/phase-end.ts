import type { Tensor } from "../kernels/kernels.js";
import type { TrialEnd } from "../model/plastic-weights.js";
import type { NetworkState } from "./network-state.js";

/** A phase of a trial is over, for the readouts named. */
export interface PhaseEnd {
  readonly phase: "inference" | "learning";
  readonly tick: number;
  readonly trial: number;
  readonly readouts: ReadonlySet<string>;
  /** which pathways learn from this trial */
  readonly plastic: (pathway: string) => boolean;
  /** which modules the errors of these readouts perturbed */
  readonly perturbed: (module: string) => boolean;
  readonly state: NetworkState;
  /** errors times the slope of their units, by module; for rules whose gradient takes them */
  readonly slopedErrors?: ReadonlyMap<string, Tensor>;
}

/** What a trial left for plasticity, once its phase is over. */
export const trialEnd = ({ state, readouts, plastic, perturbed, slopedErrors }: PhaseEnd): TrialEnd => ({
  signals: state,
  batch: state.batch,
  beta: state.beta * state.sign,
  gates: state.gates,
  readouts,
  plastic,
  perturbed,
  slopedErrors,
});
