import type { Subject } from "rxjs";
import type { Tensor } from "../kernels/kernels.js";
import type { Task } from "../model/network.js";
import { disposeStimulus, drop, put, type TaskState } from "./network-state.js";
import type { StimulusDoor, TrialRequest } from "./stimulus-door.js";
import type { WiredNetwork } from "./wire-network.js";

/** Ticks of a task's phases. */
export interface PhaseTicks {
  readonly inference: number;
  readonly learning: number;
}

/** A task as it runs. */
export interface RunningTask {
  readonly task: Task;
  readonly ticks: PhaseTicks;
  readonly door: StimulusDoor;
  readonly requests: Subject<TrialRequest>;
  /** modules that its stimuli drive */
  readonly driven: ReadonlySet<string>;
  /** modules that its errors perturb */
  readonly perturbed: ReadonlySet<string>;
  readonly state: TaskState;
}

/** A network and the tasks that share it. */
export interface SharedNetwork {
  readonly wired: WiredNetwork;
  readonly tasks: readonly RunningTask[];
  /** ticks after which a stimulus no longer stands in the way of another task's error */
  readonly settling: number;
  /** A task is ready for its next stimulus. */
  request(task: RunningTask): void;
}

function enter(
  { wired }: SharedNetwork,
  running: RunningTask,
  phase: TaskState["phase"],
  ticks: number,
): void {
  running.state.phase = phase;
  running.state.ticksLeft = ticks;
  const { tick } = wired.state;
  wired.announce({ kind: "phase", tick, task: running.task.name, phase, trial: running.state.trial });
}

/** Whether two sets of modules have none in common. */
const apart = (modules: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  [...modules].every((module) => !others.has(module));

/**
 * Whether a task's stimulus may change now: not while an error, its own or another task's, is on its way through a
 * module that the stimulus drives, since the change would be taken for a part of that error.
 * @param answered tasks whose error is in the queue: it enters at the next boundary
 */
const mayBegin = (
  { tasks }: SharedNetwork,
  running: RunningTask,
  answered: readonly RunningTask[] = [],
): boolean =>
  tasks.every(
    (other) =>
      (other.state.phase !== "learning" && !answered.includes(other)) ||
      (other !== running && apart(other.perturbed, running.driven)),
  );

/** Whether a task's stimulus has been there for long enough, or is not there at all. */
const hasSettled = ({ settling }: SharedNetwork, { state, ticks }: RunningTask): boolean =>
  state.phase !== "inference" || ticks.inference - state.ticksLeft >= Math.min(settling, ticks.inference);

/**
 * Whether a task's output error may enter now: not while another task's stimulus is still on its way through a module
 * that the error will perturb, since what the stimulus moves there would be taken for a part of the error.
 */
const mayPerturb = (shared: SharedNetwork, running: RunningTask): boolean =>
  shared.tasks.every(
    (other) => other === running || hasSettled(shared, other) || apart(other.driven, running.perturbed),
  );

function beginTrial(shared: SharedNetwork, running: RunningTask, input: Tensor, target: Tensor | null): void {
  const { kernels, state } = shared.wired;
  put(kernels, state.inputs, running.task.input, input);
  if (target) put(kernels, state.targets, running.task.readout, target);
  else drop(kernels, state.targets, running.task.readout);
  running.state.trial += 1;
  enter(shared, running, "inference", running.ticks.inference);
}

/** A stimulus has come: it begins a trial, or waits for the next phase boundary; of several that wait the latest stays. */
export function present(
  shared: SharedNetwork,
  running: RunningTask,
  input: Tensor,
  target: Tensor | null,
): void {
  const { kernels } = shared.wired;
  const { pending } = running.state;
  if (pending) disposeStimulus(kernels, pending);
  running.state.pending = null;
  running.state.asked = false;
  if (mayBegin(shared, running)) beginTrial(shared, running, input, target);
  else running.state.pending = { input, target };
}

/**
 * An output error enters: the modules on its way snapshot z, and drift from there. In the learning phase of its own task it
 * takes the place of the error before, and the phase begins anew from the same z.
 */
export function perturb(shared: SharedNetwork, running: RunningTask): void {
  const { kernels, state } = shared.wired;
  for (const module of running.perturbed) {
    const h = state.states.get(module);
    // a module that another task perturbs already keeps the z from before both
    if (h && !state.held.has(module)) put(kernels, state.held, module, kernels.retain(h));
  }
  enter(shared, running, "learning", running.ticks.learning);
}

function endInference(shared: SharedNetwork, running: RunningTask): void {
  const { wired } = shared;
  const { task, state } = running;
  wired.endPhase({
    phase: "inference",
    trial: state.trial,
    readouts: new Set([task.readout]),
    plastic: () => false,
    perturbed: () => false,
  });
  if (wired.state.targets.has(task.readout)) return;
  enter(shared, running, "waiting", 0);
  shared.request(running);
}

function endLearning(shared: SharedNetwork, running: RunningTask): void {
  const { kernels, state } = shared.wired;
  const { task } = running;
  shared.wired.endPhase({
    phase: "learning",
    trial: running.state.trial,
    readouts: new Set([task.readout]),
    plastic: (pathway) => task.configuration.get(pathway)?.plastic ?? false,
    perturbed: (module) => running.perturbed.has(module),
  });
  drop(kernels, state.outputErrors, task.readout);
  const stillLearning = shared.tasks.filter((other) => other !== running && other.state.phase === "learning");
  for (const module of running.perturbed) {
    if (stillLearning.some(({ perturbed }) => perturbed.has(module))) continue;
    drop(kernels, state.held, module);
    drop(kernels, state.errors, module);
  }
  enter(shared, running, "waiting", 0);
  // an error that entered while it waited for a stimulus: that one was asked for, and may have come meanwhile
  if (!running.state.asked && !running.state.pending) shared.request(running);
}

/**
 * Moves the tasks' clocks on by the tick that was made: ends the phases that are over, learning before inference, and
 * begins the trials that waited for it. An inference phase goes on while its error may not enter.
 */
export function advance(shared: SharedNetwork): void {
  let nothingDue = true;
  for (const { state } of shared.tasks) {
    if (state.ticksLeft > 0) state.ticksLeft -= 1;
    if (state.pending || (state.ticksLeft === 0 && state.phase !== "waiting")) nothingDue = false;
  }
  if (nothingDue) return;
  const due = (phase: "inference" | "learning") =>
    shared.tasks.filter(({ state }) => state.phase === phase && state.ticksLeft === 0);
  const answering = due("inference").filter((running) => mayPerturb(shared, running));
  for (const running of due("learning")) endLearning(shared, running);
  for (const running of answering) endInference(shared, running);
  const answered = answering.filter(({ state }) => state.phase === "inference");
  for (const running of shared.tasks) {
    const { pending } = running.state;
    if (!pending || !mayBegin(shared, running, answered)) continue;
    running.state.pending = null;
    beginTrial(shared, running, pending.input, pending.target);
  }
}
