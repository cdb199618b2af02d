import { Subject } from "rxjs";
import { invariant } from "../errors.js";
import { type LearningRule, runsContinuously } from "../model/learning-rule.js";
import type { Network } from "../model/network.js";
import { drivenModules, perturbedModules } from "../model/signals.js";
import { invalid } from "../model/validate.js";
import { put } from "./network-state.js";
import { openGates } from "./open-gates.js";
import type { StimulusDoor } from "./stimulus-door.js";
import {
  advance,
  type PhaseTicks,
  perturb,
  present,
  type RunningTask,
  type SharedNetwork,
} from "./task-clock.js";
import { openDoors } from "./task-doors.js";
import type { TickSpec } from "./tick.js";
import { type WiredNetwork, type Wiring, wireNetwork } from "./wire-network.js";

/** How a network runs continuously. */
export interface ContinuousOptions {
  /** what forward pathways carry while errors perturb their source: its state of before (z), or its state as it goes */
  readonly forward: "held" | "live";
  /** ticks that a stimulus needs to settle: so long another task's error waits where it would meet it; default 8 */
  readonly settling?: number;
  /** by task; all of these run at once, each by its own clock */
  readonly tasks: ReadonlyMap<string, { readonly ticks: PhaseTicks; readonly door: StimulusDoor }>;
}

/** A network in continuous operation; its events are those of its wiring and the phases of its tasks. */
export interface ContinuousNetwork
  extends Pick<WiredNetwork, "events" | "queue" | "drain" | "state" | "network" | "kernels"> {
  /** Makes one tick: all modules one iteration each, all at once. @throws what an operator or a door failed with */
  tick(): void;
  /** its tasks, by name */
  readonly running: ReadonlyMap<string, RunningTask>;
  /** What the clock has to wait for before the next tick, if anything: for the option `hold` of `clock`. */
  hold(): Promise<unknown> | null;
  close(): void;
}

function checkTasks(network: Network, rule: LearningRule, { tasks }: ContinuousOptions): void {
  if (!runsContinuously(rule)) {
    throw invalid(
      "rule",
      rule.name,
      "a rule whose learning phase goes on from the inference phase, as EPE, in continuous operation",
    );
  }
  const readouts = new Set<string>();
  const inputs = new Set<string>();
  for (const [name, { ticks }] of tasks) {
    const task = network.tasks.get(name);
    if (!task)
      throw invalid(
        "tasks",
        name,
        `a task of the network: ${[...network.tasks.keys()].join(", ") || "none"}`,
      );
    if (readouts.has(task.readout) || inputs.has(task.input)) {
      throw invalid(
        `network.tasks.${name}`,
        task,
        "an input and a readout of its own, as tasks that run at once need",
      );
    }
    readouts.add(task.readout);
    inputs.add(task.input);
    for (const [phase, count] of Object.entries(ticks)) {
      if (!Number.isInteger(count) || count < 1)
        throw invalid(`ticks.${name}.${phase}`, count, "a whole number from 1");
    }
  }
}

function runTask(wired: WiredNetwork, name: string, ticks: PhaseTicks, door: StimulusDoor): RunningTask {
  const { network, state } = wired;
  const task = network.tasks.get(name);
  invariant(task, `task ${name} was checked`);
  const open = (id: string) => (task.configuration.get(id)?.gate ?? 0) > 0;
  const fresh = { trial: -1, phase: "waiting" as const, ticksLeft: 0, pending: null, asked: false };
  const taskState = state.tasks.get(name) ?? fresh;
  state.tasks.set(name, taskState);
  return {
    task,
    ticks,
    door,
    requests: new Subject(),
    driven: drivenModules(network, task.input, open),
    perturbed: perturbedModules(network, task.readout, open),
    state: taskState,
  };
}

/** Modules that have no state yet begin at rest. */
function restModules({ kernels, network, state }: WiredNetwork): void {
  for (const { name, neurons } of network.modules.values()) {
    if (state.states.has(name)) continue;
    put(
      kernels,
      state.states,
      name,
      kernels.tensor(new Float32Array(state.batch * neurons), [state.batch, neurons]),
    );
  }
}

/**
 * Wires a network for continuous operation. On every tick each module makes one iteration, all at once, each reading
 * what the others published on the tick before. Each task has a clock of its own: so many ticks of inference, then its
 * readout answers, the output error enters, and after so many ticks of learning the weights change and the next
 * stimulus is asked for. Modules are never reset.
 * @throws EddyError INVALID_DESCRIPTION for a rule that restarts modules, or tasks that cannot run at once
 * @see Liu et al. 2026, fig 3d: the error-perturbed error
 */
export function continuousNetwork(wiring: Wiring, options: ContinuousOptions): ContinuousNetwork {
  const { network, state, rule } = wiring;
  checkTasks(network, rule, options);
  const tasks: RunningTask[] = [];
  const find = (found: (running: RunningTask) => boolean): RunningTask => {
    const running = tasks.find(found);
    invariant(running, "whose stimuli or errors arrive is a task that runs");
    return running;
  };
  const wired = wireNetwork(wiring, {
    stimulus: ({ key, input, target }) =>
      present(
        shared,
        find(({ task }) => task.name === key),
        input,
        target,
      ),
    perturbed: (readout) =>
      perturb(
        shared,
        find(({ task }) => task.readout === readout),
      ),
  });
  // tasks that were there before have gates of their own
  if (state.tick === 0 && state.tasks.size === 0) openGates(network, state, options.tasks.keys());
  restModules(wired);
  for (const [name, { ticks, door }] of options.tasks) tasks.push(runTask(wired, name, ticks, door));
  const doors = openDoors(wired, tasks);
  const shared: SharedNetwork = { wired, tasks, settling: options.settling ?? 8, request: doors.request };
  for (const running of tasks) {
    const { phase, pending, asked } = running.state;
    if (!pending && (phase === "waiting" || asked)) doors.request(running);
  }
  const spec: TickSpec = {
    modules: new Set(network.modules.keys()),
    iterations: 1,
    start: "previous",
    forward: options.forward === "held" ? "held" : "state",
    error: "error",
    heldDrive: false,
    tolerance: null,
    needed: null,
    phase: "continuous",
  };
  return {
    ...wired,
    running: new Map(tasks.map((running) => [running.task.name, running])),
    tick() {
      doors.check();
      wired.tick(spec);
      advance(shared);
    },
    hold: doors.hold,
    close() {
      doors.close();
      wired.close();
    },
  };
}
