import type { NetworkState } from "../streams/network-state.js";
import type { Run } from "./run-description.js";
import type { SimulationInfo } from "./simulation.js";

/** What a client has to know of a run to draw its network and its controls. */
export function infoOf(
  { name, tickMs, network }: Run,
  backend: string,
  { gates }: NetworkState,
): SimulationInfo {
  const place = (owner: string, kind: string) =>
    kind === "outputError" || kind === "moduleError" ? `error(${owner})` : owner;
  return {
    name,
    tickMs,
    backend,
    modules: Object.fromEntries(
      [...network.modules.values()].map(({ name: module, neurons, blocks, spectralRadius }) => [
        module,
        { neurons, blocks: Object.fromEntries(blocks), spectralRadius },
      ]),
    ),
    pathways: [...network.pathways.values()].map(({ id, kind, source, target, gate }) => ({
      id,
      kind,
      source: place(source.name, source.kind),
      target: target.name,
      gate: gates.get(id) ?? gate,
    })),
    tasks: [...network.tasks.keys()],
  };
}
