import type { Network } from "../model/network.js";
import type { NetworkState } from "./network-state.js";

/** Sets the gates for tasks that run at once: each pathway as open as the task that needs it most. */
export function openGates(network: Network, state: NetworkState, tasks: Iterable<string>): void {
  const names = [...tasks];
  if (names.length === 0) return;
  for (const id of network.pathways.keys()) {
    const gates = names.map((name) => network.tasks.get(name)?.configuration.get(id)?.gate ?? 0);
    state.gates.set(id, Math.max(...gates));
  }
}
