import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { ruleOf } from "../../model/learning-rules.js";
import type { Task } from "../../model/network.js";
import { perturbedModules } from "../../model/signals.js";
import { invalid, known, strictObject, validate } from "../../model/validate.js";
import { readCheckpoint, writeCheckpoint } from "../../simulation/checkpoint.js";
import { type PlannedTrial, presentTrial, trainingEpoch } from "../../simulation/epoch-plan.js";
import { initialState } from "../../simulation/open-network.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import { describeRun, type Run } from "../../simulation/run-description.js";
import { restoreState, takeSnapshot } from "../../simulation/state-snapshot.js";
import { openGates } from "../../streams/open-gates.js";
import { type PhasedNetwork, phasedNetwork } from "../../streams/phased.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import { type Gradients, phasedUpdate } from "../asked-update.js";
import { keeping } from "../keeping.js";
import { keptRows } from "../kept-rows.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { phasedBeside } from "../phased-beside.js";
import { batchCosine, products, similarity } from "../similarity.js";

const options = strictObject({
  task: z.string().optional().describe("whose errors and updates are compared; default: the network's first"),
  every: z.int().min(1).max(1_000_000).default(1).describe("compares in every n-th batch"),
});

type Options = z.output<typeof options>;

/** What a batch gave one task. */
interface Lesson {
  /** [batch, units] of the modules that the task's error perturbs, and of its readout */
  readonly errors: ReadonlyMap<string, Float32Array>;
  readonly updates: Gradients;
}

/** A network in training, and what its batches come from. */
interface Course {
  readonly run: Run;
  readonly task: Task;
  readonly sources: ReadonlyMap<string, StimulusSource>;
  readonly kernels: Kernels;
}

async function readAll(kernels: Kernels, tensors: Iterable<readonly [string, Tensor]>) {
  const reads = [...tensors].map(async ([name, tensor]) => [name, await kernels.read(tensor)] as const);
  return new Map(await Promise.all(reads));
}

/** Lets a network learn from a batch of the given tasks. */
async function learn(
  { run, task, sources, kernels }: Course,
  phased: PhasedNetwork,
  trial: PlannedTrial,
): Promise<Lesson> {
  const { network } = run;
  const { state } = phased;
  openGates(network, state, trial.tasks);
  const updates = await phasedUpdate(phased, presentTrial(run, sources, trial, "training"), (pathway) =>
    trial.tasks.some((name) => network.tasks.get(name)?.configuration.get(pathway)?.plastic),
  );
  const output = state.outputErrors.get(task.readout);
  const open = (pathway: string) => (task.configuration.get(pathway)?.gate ?? 0) > 0;
  const perturbed = perturbedModules(network, task.readout, open);
  const errors = await readAll(kernels, [
    ...[...state.errors].filter(([module]) => perturbed.has(module)),
    ...(output ? [[task.readout, output] as const] : []),
  ]);
  return { errors, updates };
}

/** What the task would be taught by this batch alone; changes nothing. */
async function alone(course: Course, together: PhasedNetwork, trial: PlannedTrial): Promise<Lesson> {
  const phased = phasedBeside(course.kernels, course.run, together.state.parameters);
  try {
    return await learn(course, phased, { ...trial, tasks: [course.task.name] });
  } finally {
    phased.close();
  }
}

/** Mean over the rows. @returns [columns] */
function meanRow(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns] += values[i];
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** Cosines of two errors: of the batch as one vector, of its mean, and mean over those of its stimuli. */
const errorCosines = (own: Float32Array, shared: Float32Array, rows: number) => ({
  error: similarity(products(own, shared)).cosine,
  "mean error": similarity(products(meanRow(own, rows), meanRow(shared, rows))).cosine,
  "error by stimulus": batchCosine(own, shared, rows),
});

/** How alike the lessons are, in all that the task has by itself. */
function comparedRows(
  own: Lesson,
  shared: Lesson,
  where: { readonly epoch: number; readonly batch: number },
  rows: number,
): Row[] {
  const compared: Row[] = [];
  for (const [of, error] of own.errors) {
    const other = shared.errors.get(of);
    if (!other) continue;
    for (const [kind, cosine] of Object.entries(errorCosines(error, other, rows)))
      compared.push({ ...where, kind, of, cosine });
  }
  for (const [of, update] of own.updates) {
    const other = shared.updates.get(of);
    if (other)
      compared.push({ ...where, kind: "update", of, cosine: similarity(products(update, other)).cosine });
  }
  return compared;
}

function taskOf({ network, schedule }: Run, name: string | undefined): Task {
  if (schedule.kind !== "phased" || schedule.tasks !== "simultaneous") {
    throw invalid(
      "run.schedule",
      schedule,
      '{"kind": "phased", "tasks": "simultaneous"}: batches of all tasks at once are compared with one task\'s',
    );
  }
  const [first] = network.tasks.values();
  const task = name === undefined ? first : network.tasks.get(name);
  if (!task) throw invalid("measure.task", name, `a task of the network: ${known(network.tasks.keys())}`);
  return task;
}

const progressSchema = z.strictObject({
  /** complete epochs, and batches of the next one */
  epoch: z.int().min(0),
  trial: z.int().min(0),
  /** in all */
  batches: z.int().min(0),
  rows: keptRows,
});

type Progress = z.output<typeof progressSchema>;

/** A network that learns all tasks at once, and how far it is. */
interface Together {
  readonly phased: PhasedNetwork;
  readonly progress: Progress;
}

/** Goes on from where an interrupted training was kept, or begins. */
async function open(run: Run, { kernels, partial }: MeasureContext): Promise<Together> {
  const { network, iterations, propagation } = run;
  const kept = partial !== null && existsSync(`${partial}.json`) ? await readCheckpoint(partial) : null;
  const progress: Progress = kept
    ? validate(progressSchema, kept.progress, "checkpoint.progress")
    : { epoch: 0, trial: 0, batches: 0, rows: [] };
  const state = kept ? restoreState(kernels, network, kept.snapshot) : initialState(kernels, run);
  const wiring = { kernels, network, rule: ruleOf(run), state, propagation, keepGradients: true };
  return { phased: phasedNetwork(wiring, iterations), progress };
}

async function keep(run: Run, partial: string, { phased, progress }: Together): Promise<void> {
  const snapshot = await takeSnapshot(phased.kernels, phased.state, false);
  await writeCheckpoint(partial, { run: describeRun(run), progress: structuredClone(progress), snapshot });
}

/** Compares a batch, if it is its turn, and learns from it. */
async function learnAndCompare(
  course: Course,
  { phased, progress }: Together,
  trial: PlannedTrial,
  every: number,
): Promise<void> {
  const own = progress.batches % every === 0 ? await alone(course, phased, trial) : null;
  const shared = await learn(course, phased, trial);
  progress.batches += 1;
  progress.trial += 1;
  const where = { epoch: progress.epoch + 1, batch: progress.batches };
  if (own) progress.rows.push(...comparedRows(own, shared, where, trial.count));
}

/** The epochs that are left. */
async function throughEpochs(
  course: Course,
  together: Together,
  epochs: number,
  every: number,
  context: MeasureContext,
): Promise<void> {
  const { progress } = together;
  const keepIfDue = keeping(context, (partial) => keep(course.run, partial, together));
  for (; progress.epoch < epochs; progress.epoch += 1, progress.trial = 0) {
    const trials = trainingEpoch(course.run, course.sources, progress.epoch);
    while (progress.trial < trials.length) {
      await keepIfDue();
      await learnAndCompare(course, together, trials[progress.trial], every);
      context.progress(
        (progress.epoch + progress.trial / trials.length) / epochs,
        `epoch ${progress.epoch + 1} of ${epochs}`,
      );
      await setImmediate();
    }
  }
}

/**
 * Trains several tasks at once, and before each batch asks what the same weights would make of one task's half of it
 * alone: cosine similarity, with and without the other tasks, of the task's errors (all units of a module: the batch
 * as one vector, its mean, and stimulus by stimulus) and of its mean updates (all weights of a pathway, before the
 * optimiser).
 * @see Liu et al. 2026, Appendix 4
 */
export const cosine: Measure<Options> = {
  about: "cosine similarity of a task's errors and updates with and without the other tasks, by batch",
  options,
  async measure(run, { task: name, every }, context) {
    const task = taskOf(run, name);
    const sources = openStimuli(run, context.data);
    const epochs = run.schedule.kind === "phased" ? run.schedule.epochs : 0;
    const together = await open(run, context);
    try {
      const course: Course = { run, task, sources, kernels: context.kernels };
      await throughEpochs(course, together, epochs, every, context);
      return together.progress.rows;
    } finally {
      together.phased.close();
    }
  },
};
