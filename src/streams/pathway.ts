import { map, type OperatorFunction } from "rxjs";
import { invariant } from "../errors.js";
import type { DriveTerm } from "../kernels/kernels.js";
import type { Pathway } from "../model/network.js";
import { carried } from "../model/signals.js";
import type { NetworkState } from "./network-state.js";
import type { Tick } from "./tick.js";

/** What a pathway carries in a tick: its part of the target's drive, or null for nothing. */
export interface Carried {
  readonly tick: Tick;
  readonly pathway: Pathway;
  readonly term: DriveTerm | null;
}

/** The term by which a pathway projects a source tensor into its target. */
export function driveTerm(
  pathway: Pathway,
  source: DriveTerm["source"],
  scale: number,
  state: NetworkState,
): DriveTerm {
  const plastic = state.parameters.learned.get(pathway.weights);
  invariant(plastic, `pathway ${pathway.id} has weights`);
  return {
    source,
    block: pathway.source.block,
    weights: plastic.weights,
    transposed: pathway.transposed,
    scale,
    target: pathway.target.block,
  };
}

/**
 * A pathway: on every tick in which its target iterates, carries what its source published `delay` ticks before: states
 * for forward pathways, `-beta e` for error pathways. Emits once a tick, completes and errs with the ticks.
 * @see Liu et al. 2026, eq. S1
 */
export const pathway = (spec: Pathway): OperatorFunction<Tick, Carried> =>
  map((tick) => {
    const nothing = { tick, pathway: spec, term: null };
    if (!tick.modules.has(spec.target.name)) return nothing;
    const { state } = tick;
    const signals = spec.delay === 1 ? state : state.past[spec.delay - 2];
    const carry = spec.kind === "error" ? tick.error : tick.forward;
    const source = signals ? carried(spec, carry, signals) : null;
    if (!source) return nothing;
    return { ...nothing, term: driveTerm(spec, source, spec.kind === "error" ? -state.beta : 1, state) };
  });
