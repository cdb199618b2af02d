import { map, type OperatorFunction } from "rxjs";
import type { DriveTerm } from "../kernels/kernels.js";
import type { Pathway } from "../model/network.js";
import { project } from "../model/projection.js";
import type { Tick } from "./tick.js";

/** What a pathway carries in a tick: its part of the target's drive, or null for nothing. */
export interface Carried {
  readonly tick: Tick;
  readonly pathway: Pathway;
  readonly term: DriveTerm | null;
}

/**
 * A pathway: on every tick in which its target iterates, carries what its source published `delay` ticks before: states
 * for forward pathways, `-beta e` for error pathways. Emits once a tick, completes and errs with the ticks.
 * @see Liu et al. 2026, eq. S1
 */
export const pathway = (spec: Pathway): OperatorFunction<Tick, Carried> =>
  map((tick) => {
    const carry = spec.kind === "error" ? tick.error : tick.forward;
    const term = tick.modules.has(spec.target.name) ? project(spec, carry, tick.state) : null;
    return { tick, pathway: spec, term };
  });
