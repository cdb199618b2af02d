import { invalid } from "../model/validate.js";
import type { PhasedTrial } from "../streams/phased.js";
import type { Examples, StimulusSource } from "../streams/stimulus.js";
import type { Run } from "./run-description.js";

/** A trial of an epoch: which tasks take part, and how many stimuli each presents. */
export interface PlannedTrial {
  readonly tasks: readonly string[];
  /** number of the first example, of every task that takes part */
  readonly first: number;
  readonly count: number;
}

function batches(tasks: readonly string[], length: number, batch: number, offset: number): PlannedTrial[] {
  return Array.from({ length: Math.ceil(length / batch) }, (_unused, i) => ({
    tasks,
    first: offset + i * batch,
    count: Math.min(batch, length - i * batch),
  }));
}

/** Whether every trial is of one task. */
const oneAtATime = ({ schedule }: Run): boolean =>
  schedule.kind === "phased" && schedule.tasks !== "simultaneous";

const lengthOf = (task: string, examples: Examples): number => {
  if (Number.isFinite(examples.length)) return examples.length;
  throw invalid(
    `stimuli.${task}.trainingImages`,
    undefined,
    "a number of images, which makes an epoch of phased training",
  );
};

/** Epochs that a run makes: for tasks one after the other those of all of them. */
export const epochsInAll = ({ schedule, network }: Run): number => {
  if (schedule.kind !== "phased") return 0;
  return schedule.epochs * (schedule.tasks === "sequential" ? network.tasks.size : 1);
};

/** The tasks that an epoch trains, and how many passes through their examples were made before. */
function taughtIn(
  { schedule, network }: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  epoch: number,
): { readonly tasks: readonly string[]; readonly passes: number } {
  if (schedule.kind !== "phased" || schedule.tasks !== "sequential")
    return { tasks: [...sources.keys()], passes: epoch };
  // a run of no epochs is at its first task, one that is over at its last
  const length = Math.max(1, schedule.epochs);
  const tasks = [...network.tasks.keys()];
  const turn = Math.min(Math.floor(epoch / length), tasks.length - 1);
  return { tasks: [tasks[turn]], passes: epoch - turn * length };
}

/**
 * The trials of a training epoch. Tasks at once: as many as the longest pass takes, shorter ones go on with their next
 * pass. Alternating: a pass of each task in turn. Sequential: a pass of the task whose turn it is.
 */
export function trainingEpoch(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  epoch: number,
): PlannedTrial[] {
  const lengths = [...sources].map(([task, { training }]) => [task, lengthOf(task, training)] as const);
  if (oneAtATime(run)) {
    const { tasks, passes } = taughtIn(run, sources, epoch);
    return lengths.flatMap(([task, length]) =>
      tasks.includes(task) ? batches([task], length, run.batch, passes * length) : [],
    );
  }
  const longest = Math.max(...lengths.map(([, length]) => length));
  return batches([...sources.keys()], longest, run.batch, epoch * longest);
}

/** The trials of a test: every test example of every task once; tasks at once share a trial while they last. */
export function testPass(run: Run, sources: ReadonlyMap<string, StimulusSource>): PlannedTrial[] {
  const lengths = [...sources].flatMap(([task, { test }]) => (test ? [[task, test.length] as const] : []));
  if (oneAtATime(run)) {
    return lengths.flatMap(([task, length]) => batches([task], length, run.batch, 0));
  }
  const trials: PlannedTrial[] = [];
  for (let first = 0; ; ) {
    const remaining = lengths.filter(([, length]) => length > first);
    if (remaining.length === 0) return trials;
    const count = Math.min(run.batch, ...remaining.map(([, length]) => length - first));
    trials.push({ tasks: remaining.map(([task]) => task), first, count });
    first += count;
  }
}

/** Takes the stimuli of a trial. */
export function presentTrial(
  { network }: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  { tasks, first, count }: PlannedTrial,
  half: "training" | "test",
): PhasedTrial {
  const inputs = new Map<string, Float32Array>();
  const targets = new Map<string, Float32Array>();
  for (const name of tasks) {
    const task = network.tasks.get(name);
    const stimulus = sources.get(name)?.[half]?.take(first, count);
    if (!task || !stimulus) continue;
    inputs.set(task.input, stimulus.input);
    if (stimulus.target) targets.set(task.readout, stimulus.target);
  }
  return { inputs, targets, batch: count };
}
