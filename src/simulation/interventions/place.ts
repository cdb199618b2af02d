import type { Kernels } from "../../kernels/kernels.js";
import type { ContinuousNetwork } from "../../streams/continuous.js";
import type { NetworkState } from "../../streams/network-state.js";
import type { Checkpoint } from "../checkpoint.js";
import type { SimulationEvent } from "../part.js";
import type { Run } from "../run-description.js";

/** Where an intervention takes place: a network between two ticks. */
export interface Place {
  readonly kernels: Kernels;
  readonly run: Run;
  /** the network now; {@link replace} puts another in its place */
  readonly net: ContinuousNetwork;
  /**
   * Goes on from another state, in a new epoch.
   * @param state owned by the place from now on
   * @param reason for those who are told
   */
  replace(state: NetworkState, reason: string): void;
  /**
   * A checkpoint of this run by name.
   * @throws EddyError INVALID_ARGUMENT, as a rejection, when none are kept, or as reading one does
   */
  checkpoint(name: string): Promise<Checkpoint>;
  /** Tells all parts of something. */
  tell(event: SimulationEvent): void;
}
