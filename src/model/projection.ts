import { invariant } from "../errors.js";
import type { DriveTerm, Tensor } from "../kernels/kernels.js";
import type { Carry } from "./learning-rule.js";
import type { Pathway } from "./network.js";
import type { Parameters } from "./parameters.js";
import { carried, type Signals } from "./signals.js";

/** What scales and weighs what pathways carry. */
export interface Projecting {
  readonly parameters: Parameters;
  /** scale of the errors that pathways carry, dimensionless */
  readonly beta: number;
  /** of beta, which some rules draw for each trial; absent means 1 */
  readonly sign?: 1 | -1;
  /** what was published 1, 2, ... ticks before the last */
  readonly past: readonly Signals[];
}

/** The term by which a pathway projects a source into its target. */
function driveTerm(pathway: Pathway, source: Tensor, scale: number, { learned }: Parameters): DriveTerm {
  const weights = learned.get(pathway.weights);
  invariant(weights, `pathway ${pathway.id} has weights`);
  return {
    source,
    block: pathway.source.block,
    weights: weights.weights,
    transposed: pathway.transposed,
    scale,
    target: pathway.target.block,
  };
}

/**
 * A pathway's part of its target's drive: `h W` of what its source published `delay` ticks before, or `-beta e W` for
 * an error. Null when there is nothing to carry.
 * @see Liu et al. 2026, eq. S1
 */
export function project(pathway: Pathway, carry: Carry, state: Signals & Projecting): DriveTerm | null {
  const signals = pathway.delay === 1 ? state : state.past[pathway.delay - 2];
  const source = signals ? carried(pathway, carry, signals) : null;
  const scale = pathway.kind === "error" ? -state.beta * (state.sign ?? 1) : 1;
  return source && driveTerm(pathway, source, scale, state.parameters);
}

/** What a gate lets through: the term scaled, or nothing at all when it is closed. */
export function gated(term: DriveTerm | null, gate: number): DriveTerm | null {
  if (!term || gate === 1) return term;
  return gate === 0 ? null : { ...term, scale: term.scale * gate };
}
