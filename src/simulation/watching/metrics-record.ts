import type { Kernels } from "../../kernels/kernels.js";
import type { Task } from "../../model/network.js";
import type { OutputEvent } from "../../streams/events.js";
import type { NetworkState } from "../../streams/network-state.js";
import { scoreOutput } from "../../streams/score.js";

/** The result of a trial, its loss null where that is no finite number; null when it has no target. */
export async function metricsRecord(
  kernels: Kernels,
  { name, target: kind }: Task,
  state: NetworkState,
  { readout, output, trial, tick }: OutputEvent,
) {
  const target = state.targets.get(readout);
  if (!target) return null;
  const { count, loss, accuracy } = await scoreOutput(kernels, kind, output, target);
  return { task: name, trial, tick, count, loss: Number.isFinite(loss) ? loss : null, accuracy };
}
