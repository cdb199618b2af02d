import type { RunningTask } from "../../streams/task-clock.js";
import { disposeQueued } from "../../streams/tick-queue.js";
import type { Intervention } from "../command.js";
import type { Place } from "./place.js";
import { checkValues, named, refuse } from "./ranges.js";

/** @throws EddyError INVALID_ARGUMENT unless the task waits for this trial */
function checkAwaited({ state: { trial, phase, pending } }: RunningTask, given: number): void {
  const waits = phase === "waiting" && !pending;
  if (waits && given === trial + 1) return;
  if (given <= trial) {
    throw refuse(
      "trial",
      given,
      `a later one, or null: trial ${given} has begun already, so this is too late`,
    );
  }
  throw refuse(
    "trial",
    given,
    waits ? `${trial + 1}, for which the task waits` : "null: the task waits for none",
  );
}

/**
 * Presents a stimulus: it begins a trial now, or, while an error is on its way that it would meet, at the next phase
 * boundary; of several that wait the latest stays.
 * @throws EddyError INVALID_ARGUMENT
 */
export function presentStimulus(
  { kernels, net }: Place,
  { task: name, input, target, trial }: Extract<Intervention, { kind: "stimulus" }>,
): void {
  const { network, state, queue } = net;
  const running = named("task", net.running, name);
  const size = network.inputs.get(running.task.input) ?? 0;
  const outputs = network.readouts.get(running.task.readout)?.size ?? 0;
  checkValues("input", input, state.batch * size);
  if (target) checkValues("target", target, state.batch * outputs);
  if (trial !== null) checkAwaited(running, trial);
  const displaced = queue.push({
    kind: "stimulus",
    key: name,
    input: kernels.tensor(input, [state.batch, size]),
    target: target && kernels.tensor(target, [state.batch, outputs]),
  });
  if (displaced) disposeQueued(kernels, displaced);
  net.drain();
}
