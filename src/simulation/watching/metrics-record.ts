import type { Kernels } from "../../kernels/kernels.js";
import type { Network, Task } from "../../model/network.js";
import type { OutputEvent } from "../../streams/events.js";
import type { NetworkState } from "../../streams/network-state.js";
import { answersProbabilities, scoreOutput } from "../../streams/score.js";

/** The result of a trial, its loss null where that is no finite number; null when it has no target. */
export async function metricsRecord(
  kernels: Kernels,
  network: Network,
  task: Task,
  state: NetworkState,
  { readout, output, trial, tick }: OutputEvent,
) {
  const target = state.targets.get(readout);
  if (!target) return null;
  const probabilities = answersProbabilities(network, task);
  const { count, loss, accuracy } = await scoreOutput(kernels, task.target, output, target, probabilities);
  return { task: task.name, trial, tick, count, loss: Number.isFinite(loss) ? loss : null, accuracy };
}
