import { Subscription } from "rxjs";
import { checkBatch } from "./check-batch.js";
import type { Stimulus } from "./stimulus.js";
import type { RunningTask } from "./task-clock.js";
import { disposeQueued } from "./tick-queue.js";
import type { WiredNetwork } from "./wire-network.js";

/** Uploads a stimulus into the queue. @throws EddyError SHAPE_MISMATCH that names the task */
function queueStimulus(
  { kernels, network, state, queue }: WiredNetwork,
  { task }: RunningTask,
  stimulus: Stimulus,
): void {
  const inputs = network.inputs.get(task.input) ?? 0;
  const outputs = network.readouts.get(task.readout)?.size ?? 0;
  checkBatch(`stimulus of task ${task.name}`, stimulus.input, state.batch, inputs);
  if (stimulus.target) checkBatch(`target of task ${task.name}`, stimulus.target, state.batch, outputs);
  const input = kernels.tensor(stimulus.input, [state.batch, inputs]);
  const target = stimulus.target && kernels.tensor(stimulus.target, [state.batch, outputs]);
  const displaced = queue.push({ kind: "stimulus", key: task.name, input, target });
  if (displaced) disposeQueued(kernels, displaced);
}

/** One value, so that a door sees that nothing has changed. */
const unchanged: Readonly<Record<string, number>> = {};

/** The doors of all tasks, open. */
export interface TaskDoors {
  /** Tells a task's door that the task is ready for its next stimulus. */
  request(task: RunningTask): void;
  /** Resolves when the outputs that doors wait for are read; null when none does. */
  hold(): Promise<unknown> | null;
  /** @throws what a door failed with, or EddyError SHAPE_MISMATCH for a stimulus of another size */
  check(): void;
  close(): void;
}

/** Opens the doors of tasks: stimuli go to the queue, requests to the doors, with the output for those that read it. */
export function openDoors(wired: WiredNetwork, tasks: readonly RunningTask[]): TaskDoors {
  const { kernels, state } = wired;
  const reads = new Set<Promise<unknown>>();
  const subscriptions = new Subscription();
  let failure: { readonly error: unknown } | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  const ask = ({ task, requests, state: { trial } }: RunningTask, output: Float32Array | null) => {
    const parameters = state.taskParameters.get(task.name) ?? unchanged;
    requests.next({ trial: trial + 1, tick: state.tick, output, seed: state.seed, parameters });
  };
  for (const running of tasks) {
    const next = (stimulus: Stimulus) => {
      try {
        queueStimulus(wired, running, stimulus);
      } catch (error) {
        fail(error);
      }
    };
    subscriptions.add(running.door.connect(running.requests).subscribe({ next, error: fail }));
  }
  return {
    request(running) {
      running.state.asked = true;
      const output = running.door.readsOutput ? state.outputs.get(running.task.readout) : undefined;
      if (!output) {
        ask(running, null);
        return;
      }
      const read: Promise<void> = kernels
        .read(output)
        .then((values) => ask(running, values))
        .catch(fail)
        .finally(() => reads.delete(read));
      reads.add(read);
    },
    hold: () => (reads.size > 0 ? Promise.all(reads) : null),
    check() {
      if (failure) throw failure.error;
    },
    close: () => subscriptions.unsubscribe(),
  };
}
