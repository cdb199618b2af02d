import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { checkValues, named } from "./ranges.js";

/**
 * Has an output error enter now, as if the readout had answered and been compared: its task begins a learning phase,
 * whatever phase it is in. An inference phase ends here; a learning phase begins anew with this error, from the same z; a
 * task that waits for a stimulus goes on waiting for it once the phase is over. It does not wait for other tasks'
 * stimuli to settle: who injects it chooses the moment.
 * @throws EddyError INVALID_ARGUMENT
 */
export function injectOutputError(
  { kernels, net }: Place,
  { readout, error }: Extract<Intervention, { kind: "outputError" }>,
): void {
  const { network, state, queue, running } = net;
  const answering = new Map([...running.values()].map(({ task }) => [task.readout, task]));
  named("readout", answering, readout);
  const size = network.readouts.get(readout)?.size ?? 0;
  checkValues("error", error, state.batch * size);
  queue.push({ kind: "outputError", key: readout, error: kernels.tensor(error, [state.batch, size]) });
  net.drain();
}
