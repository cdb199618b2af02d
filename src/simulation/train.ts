import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { EddyError } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { LearningRule } from "../model/learning-rule.js";
import { ruleOf } from "../model/learning-rules.js";
import type { Parameters } from "../model/parameters.js";
import { validate } from "../model/validate.js";
import { openGates } from "../streams/open-gates.js";
import { type PhasedNetwork, phasedNetwork } from "../streams/phased.js";
import { answersProbabilities, type Score, scoreOutput } from "../streams/score.js";
import type { StimulusSource } from "../streams/stimulus.js";
import type { Checkpoint } from "./checkpoint.js";
import { epochsInAll, type PlannedTrial, presentTrial, testPass, trainingEpoch } from "./epoch-plan.js";
import {
  type IterationReports,
  iterationCountsSchema,
  iterationReports,
  meanIterations,
} from "./iteration-counts.js";
import { initialState } from "./open-network.js";
import { describeRun, type Run } from "./run-description.js";
import { restoreState, takeSnapshot } from "./state-snapshot.js";

/** Loss and accuracy of one task; loss in nats, accuracies in percent. */
export interface TaskResult {
  /** null for a task that this epoch did not train */
  readonly trainLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
}

/** What training tells as it goes. */
export type TrainingEvent =
  | {
      readonly kind: "batch";
      readonly epoch: number;
      readonly batch: number;
      readonly batches: number;
      /** mean over the tasks; NaN when none of them had targets */
      readonly loss: number;
    }
  | { readonly kind: "test"; readonly epoch: number; readonly batch: number; readonly batches: number }
  | {
      readonly kind: "epoch";
      readonly epoch: number;
      readonly epochs: number;
      readonly tasks: Readonly<Record<string, TaskResult>>;
      /** mean iterations of a module while training, by phase; null without a tolerance, which makes all of them */
      readonly iterations: Readonly<Record<string, number>> | null;
    };

const sumSchema = z.strictObject({ count: z.number(), loss: z.number(), right: z.number() });
type Sums = Record<string, z.output<typeof sumSchema>>;

/** How far training is: complete epochs, batches of the next one, and what these summed up to. */
const progressSchema = z.strictObject({
  epoch: z.int().min(0),
  batch: z.int().min(0),
  sums: z.record(z.string(), sumSchema),
  iterations: iterationCountsSchema.default({}),
});

export type TrainingProgress = z.output<typeof progressSchema>;

/** A network in training. */
export interface Training {
  readonly progress: Readonly<TrainingProgress>;
  /** what it has learned so far; lent until it closes */
  readonly parameters: Parameters;
  /**
   * Trains until the run's epochs are over or the signal says stop, which ends the batch and keeps its result.
   * @throws EddyError NOT_FINITE when the loss is no number any more
   */
  epochs(signal?: AbortSignal): AsyncGenerator<TrainingEvent, void>;
  checkpoint(): Promise<Checkpoint>;
  close(): void;
}

function add(sums: Sums, task: string, { count, loss, accuracy }: Score): void {
  const sum = sums[task] ?? { count: 0, loss: 0, right: 0 };
  sums[task] = {
    count: sum.count + count,
    loss: sum.loss + loss * count,
    right: sum.right + (accuracy ?? 0) * count,
  };
}

/** Scores every task that took part in the trial that was just made. */
async function scores(
  { network }: Run,
  { kernels, state }: PhasedNetwork,
  trial: PlannedTrial,
): Promise<[string, Score][]> {
  const scored: Promise<[string, Score]>[] = [];
  for (const name of trial.tasks) {
    const task = network.tasks.get(name);
    const output = task && state.outputs.get(task.readout);
    const target = task && state.targets.get(task.readout);
    if (!output || !target) continue;
    const probabilities = answersProbabilities(network, task);
    const score = scoreOutput(kernels, task.target, output, target, probabilities);
    scored.push(score.then((result) => [name, result]));
  }
  return Promise.all(scored);
}

const percent = ({ right, count }: { right: number; count: number }): number =>
  Math.round((right / count) * 1e4) / 100;
const mean = ({ loss, count }: { loss: number; count: number }): number => loss / count;

function results({ network }: Run, train: Sums, test: Sums): Record<string, TaskResult> {
  const result: Record<string, TaskResult> = {};
  for (const { name, target } of network.tasks.values()) {
    const trained = train[name];
    const tested = test[name];
    if (!trained && !tested) continue;
    const loss = (sums?: Sums[string]) => (sums ? mean(sums) : null);
    const accuracy = (sums?: Sums[string]) => (sums && target === "class" ? percent(sums) : null);
    result[name] = {
      trainLoss: loss(trained),
      trainAccuracy: accuracy(trained),
      testLoss: loss(tested),
      testAccuracy: accuracy(tested),
    };
  }
  return result;
}

/** Promises alone never let a signal, a timer or a key have its turn. */
const otherWork = (): Promise<void> => setImmediate();

/** Training under way. */
interface Course {
  readonly run: Run;
  readonly sources: ReadonlyMap<string, StimulusSource>;
  readonly phased: PhasedNetwork;
  readonly reports: IterationReports;
  readonly progress: TrainingProgress;
}

/** A pathway learns when any of the tasks that take part lets it. */
const plasticIn =
  ({ network }: Run, tasks: readonly string[]) =>
  (pathway: string): boolean =>
    tasks.some((task) => network.tasks.get(task)?.configuration.get(pathway)?.plastic);

/** The rest of the epoch that training is in. */
async function* trainEpoch(course: Course, signal?: AbortSignal): AsyncGenerator<TrainingEvent, void> {
  const { run, sources, phased, reports, progress } = course;
  const trials = trainingEpoch(run, sources, progress.epoch);
  while (progress.batch < trials.length && !signal?.aborted) {
    const trial = trials[progress.batch];
    openGates(run.network, phased.state, trial.tasks);
    phased.learn(presentTrial(run, sources, trial, "training"), plasticIn(run, trial.tasks));
    const [scored] = await Promise.all([scores(run, phased, trial), reports.readInto(progress.iterations)]);
    progress.batch += 1;
    for (const [task, score] of scored) add(progress.sums, task, score);
    const loss = scored.reduce((sum, [, score]) => sum + score.loss, 0) / scored.length;
    if (scored.length > 0 && !Number.isFinite(loss)) {
      throw new EddyError(
        "NOT_FINITE",
        `the loss became ${loss} in epoch ${progress.epoch + 1}, batch ${progress.batch}; lower optimiser.learningRate, beta or the spectral radius`,
      );
    }
    yield { kind: "batch", epoch: progress.epoch + 1, batch: progress.batch, batches: trials.length, loss };
    await otherWork();
  }
}

/** Sums up every test example once. */
async function* test(course: Course, sums: Sums, signal?: AbortSignal): AsyncGenerator<TrainingEvent, void> {
  const { run, sources, phased, reports, progress } = course;
  const trials = testPass(run, sources);
  for (const [i, trial] of trials.entries()) {
    if (signal?.aborted) return;
    openGates(run.network, phased.state, trial.tasks);
    phased.infer(presentTrial(run, sources, trial, "test"));
    reports.drop();
    for (const [task, score] of await scores(run, phased, trial)) add(sums, task, score);
    yield { kind: "test", epoch: progress.epoch + 1, batch: i + 1, batches: trials.length };
    await otherWork();
  }
}

/**
 * Sets up phased training of a run.
 * @param sources stimuli by task
 * @param from a checkpoint of the same run, to go on from as if it had never stopped
 * @param rule the run's, or one of the caller's own
 * @throws EddyError INVALID_DESCRIPTION when the run is not phased, or an epoch has no end
 */
export function openTraining(
  kernels: Kernels,
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  from: Checkpoint | null = null,
  rule: LearningRule = ruleOf(run),
): Training {
  const { network, schedule, iterations, propagation } = run;
  if (schedule.kind !== "phased") {
    throw new EddyError(
      "INVALID_DESCRIPTION",
      'run.schedule.kind: given "continuous", needed "phased" to train by epochs; or use eddy run',
    );
  }
  trainingEpoch(run, sources, 0);
  const state = from ? restoreState(kernels, network, from.snapshot) : initialState(kernels, run);
  const progress = from
    ? validate(progressSchema, from.progress, "checkpoint.progress")
    : { epoch: 0, batch: 0, sums: {} as Sums, iterations: {} };
  // nobody hears of states while a network trains
  const phased = phasedNetwork({ kernels, network, rule, state, propagation }, iterations, { whole: false });
  const reports = iterationReports(phased);
  const epochs = epochsInAll(run);
  const course: Course = { run, sources, phased, reports, progress };

  return {
    progress,
    parameters: state.parameters,
    async *epochs(signal) {
      while (progress.epoch < epochs && !signal?.aborted) {
        yield* trainEpoch(course, signal);
        if (signal?.aborted) return;
        const tested: Sums = {};
        yield* test(course, tested, signal);
        if (signal?.aborted) return;
        const tasks = results(run, progress.sums, tested);
        const made = iterations.tolerance === undefined ? null : meanIterations(progress.iterations);
        progress.epoch += 1;
        progress.batch = 0;
        progress.sums = {};
        progress.iterations = {};
        yield { kind: "epoch", epoch: progress.epoch, epochs, tasks, iterations: made };
      }
    },
    async checkpoint() {
      const snapshot = await takeSnapshot(kernels, state, false);
      return { run: describeRun(run), progress: structuredClone(progress), snapshot };
    },
    close() {
      reports.drop();
      phased.close();
    },
  };
}
