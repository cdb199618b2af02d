import type { Tensor } from "../kernels/kernels.js";
import type { Carry } from "./learning-rule.js";
import type { Network, Pathway } from "./network.js";

/** What modules, inputs and readouts publish for pathways to carry; each [batch, units]. */
export interface Signals {
  /** h, by module */
  readonly states: ReadonlyMap<string, Tensor>;
  /** z, by module: its state when errors began to perturb it */
  readonly held: ReadonlyMap<string, Tensor>;
  /** e, by module */
  readonly errors: ReadonlyMap<string, Tensor>;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** by readout */
  readonly outputErrors: ReadonlyMap<string, Tensor>;
}

/** The kinds of signals. */
export const signalNames = [
  "states",
  "held",
  "errors",
  "inputs",
  "outputErrors",
] as const satisfies readonly (keyof Signals)[];

/** Signals of each kind, made one by one. */
export const mapSignals = (make: (name: (typeof signalNames)[number]) => Map<string, Tensor>): Signals => ({
  states: make("states"),
  held: make("held"),
  errors: make("errors"),
  inputs: make("inputs"),
  outputErrors: make("outputErrors"),
});

/** The tensor that a pathway carries, or null when there is nothing to carry. */
export function carried({ kind, source }: Pathway, carry: Carry, signals: Signals): Tensor | null {
  if (carry === "nothing" || (kind === "error") !== (carry === "error")) return null;
  switch (source.kind) {
    case "input":
      return signals.inputs.get(source.name) ?? null;
    case "state": {
      const state = signals.states.get(source.name) ?? null;
      return carry === "held" ? (signals.held.get(source.name) ?? state) : state;
    }
    case "moduleError":
      return signals.errors.get(source.name) ?? null;
    case "outputError":
      return signals.outputErrors.get(source.name) ?? null;
  }
}

/** Modules that are reached from `start` along the given pathways, `start` included. */
export function reachable(start: Iterable<string>, pathways: Iterable<Pathway>): Set<string> {
  const reached = new Set(start);
  const edges = [...pathways];
  for (const name of reached) {
    for (const { source, target } of edges) if (source.name === name) reached.add(target.name);
  }
  return reached;
}

/**
 * Modules that a readout's error perturbs, through error pathways that a task keeps open.
 * @param kinds of the pathways by which a perturbation goes on: forward ones, too, where they carry states as they go
 */
export function perturbedModules(
  network: Network,
  readout: string,
  open: (pathway: string) => boolean,
  kinds: readonly Pathway["kind"][] = ["error"],
): Set<string> {
  const carrying = [...network.pathways.values()].filter(({ kind, id }) => kinds.includes(kind) && open(id));
  const reached = reachable([readout], carrying);
  reached.delete(readout);
  return reached;
}

/** Modules that an input drives, through forward pathways that a task keeps open. */
export function drivenModules(
  network: Network,
  input: string,
  open: (pathway: string) => boolean,
): Set<string> {
  const forward = [...network.pathways.values()].filter(({ kind, id }) => kind === "forward" && open(id));
  const reached = reachable([input], forward);
  reached.delete(input);
  return reached;
}
