import type { Network, Pathway } from "./network.js";
import { reachable } from "./signals.js";
import { invalid } from "./validate.js";

/** The modules of each phase, in the order in which they settle. */
export interface PhasedOrder {
  readonly inference: readonly string[];
  readonly learning: readonly string[];
}

/** Of modules that wait for each other, those that others of them wait for: without those that a cycle only feeds. */
function cycle(waiting: readonly string[], edges: readonly Pathway[]): readonly string[] {
  const feeding = waiting.filter((name) =>
    edges.some(({ source, target }) => source.name === name && waiting.includes(target.name)),
  );
  return feeding.length === waiting.length ? waiting : cycle(feeding, edges);
}

/**
 * Orders the modules that signals reach, sources first. Among modules that do not wait for each other, the order of
 * the description stands.
 * @param entered modules at which signals from outside enter
 * @throws EddyError INVALID_DESCRIPTION for a cycle, with the way round it
 */
function order(
  names: Iterable<string>,
  edges: readonly Pathway[],
  entered: Iterable<string>,
  field: string,
): string[] {
  const reached = reachable(entered, edges);
  const waiting = [...names].filter((name) => reached.has(name));
  const settled: string[] = [];
  while (waiting.length > 0) {
    const waits = (name: string) =>
      edges.some(({ source, target }) => target.name === name && waiting.includes(source.name));
    const next = waiting.findIndex((name) => !waits(name));
    if (next < 0) {
      throw invalid(
        field,
        cycle(waiting, edges),
        "an explicit order, since the pathways between these modules form a cycle (or run the network continuously)",
      );
    }
    settled.push(...waiting.splice(next, 1));
  }
  return settled;
}

/**
 * The order of phased operation: given in the description, or derived: modules that an input reaches in the order of
 * the forward pathways, modules that an output error reaches in the order of the error pathways.
 * @throws EddyError INVALID_DESCRIPTION when an order has to be derived and the pathways form a cycle
 */
export function phasedOrder(network: Network): PhasedOrder {
  const { description, modules, pathways } = network;
  const derive = (kind: Pathway["kind"], outside: string, between: string, field: string) => {
    const edges = [...pathways.values()].filter((pathway) => pathway.kind === kind);
    const entered = edges.filter(({ source }) => source.kind === outside).map(({ target }) => target.name);
    return order(
      modules.keys(),
      edges.filter(({ source }) => source.kind === between),
      entered,
      `network.${field}`,
    );
  };
  return {
    inference: description.inferenceOrder ?? derive("forward", "input", "state", "inferenceOrder"),
    learning: description.learningOrder ?? derive("error", "outputError", "moduleError", "learningOrder"),
  };
}
