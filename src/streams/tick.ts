import type { Carry } from "../model/learning-rule.js";
import type { NetworkState } from "./network-state.js";
import type { Iterating, TickPlan } from "./tick-plan.js";

/** What one event of a clock asks of a network: in continuous operation a tick, in phased operation a whole phase. */
export interface TickSpec extends Iterating {
  /** modules that iterate; the others rest */
  readonly modules: ReadonlySet<string>;
  readonly forward: Carry;
  readonly error: Carry;
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

/** A tick of a specification. Written out: spreading the specification would cost more than all else of a tick. */
export const tickOf = (spec: TickSpec, state: NetworkState, plan: TickPlan): Tick => ({
  modules: spec.modules,
  iterations: spec.iterations,
  start: spec.start,
  heldDrive: spec.heldDrive,
  tolerance: spec.tolerance,
  needed: spec.needed,
  forward: spec.forward,
  error: spec.error,
  phase: spec.phase,
  tick: state.tick,
  state,
  plan,
});
