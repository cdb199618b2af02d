import type { Carry } from "../model/learning-rule.js";
import type { NetworkState } from "./network-state.js";
import type { TickPlan } from "./tick-plan.js";

/** What one event of a clock asks of a network: in continuous operation a tick, in phased operation a whole phase. */
export interface TickSpec {
  /** modules that iterate; the others rest */
  readonly modules: ReadonlySet<string>;
  readonly iterations: number;
  readonly start: "zero" | "previous";
  readonly forward: Carry;
  readonly error: Carry;
  /** add the drive that the module ended the inference phase with */
  readonly heldDrive: boolean;
  /** how far the trial is, for those who watch */
  readonly phase: string;
}

/** A tick: what is asked, the state that the boundary before published, and the plan that operators contribute to. */
export interface Tick extends TickSpec {
  readonly tick: number;
  /** read only; its handles are lent until the next boundary */
  readonly state: NetworkState;
  readonly plan: TickPlan;
}
