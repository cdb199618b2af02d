import { z } from "zod";
import { EddyError } from "../../errors.js";
import { strictObject } from "../../model/validate.js";
import { endlessDoors, openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import { keeping } from "../keeping.js";
import { keptRows } from "../kept-rows.js";
import { type KeptStream, keepStream, openStream } from "../kept-stream.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { type OnlineScores, onlineScores } from "../online-scores.js";
import { addScore, meanScore, noScore, scoreSum, testScores } from "../test-scores.js";

const options = strictObject({
  trials: z.int().min(1).max(100_000_000).default(1200).describe("of every task; the faster ones go on"),
  window: z.int().min(1).max(100_000_000).default(120).describe("trials of a task that a line speaks of"),
});

type Options = z.output<typeof options>;

const progressSchema = z.strictObject({
  /** by task: trials that were answered, and the scores of its present window */
  streams: z.record(z.string(), z.strictObject({ answered: z.int().min(0), sum: scoreSum })),
  rows: keptRows,
  /** of running so far, tests not counted */
  seconds: z.number(),
});

/** A stream of trials under way. */
interface Course extends KeptStream<z.output<typeof progressSchema>> {
  readonly run: Run;
  readonly options: Options;
  readonly context: MeasureContext;
  readonly sources: ReadonlyMap<string, StimulusSource>;
}

/** The line of a task's window that is over. */
async function windowRow({ run, context, sources, live, progress }: Course, task: string): Promise<Row> {
  const { answered, sum } = progress.streams[task];
  const online = meanScore(sum);
  const { tick, parameters } = live.state;
  if (!Number.isFinite(online.loss)) {
    throw new EddyError(
      "NOT_FINITE",
      `the loss of ${task} became ${online.loss} by tick ${tick}; lower optimiser.learningRate, beta or the spectral radius`,
    );
  }
  const tested = await testScores(context.kernels, run, sources, parameters, context.signal);
  const length = sources.get(task)?.training.length ?? Number.POSITIVE_INFINITY;
  const stimuli = answered * run.batch;
  return {
    task,
    tick,
    trial: answered,
    stimuli,
    epoch: Number.isFinite(length) ? stimuli / length : null,
    onlineLoss: online.loss,
    onlineAccuracy: online.accuracy,
    testLoss: tested.get(task)?.loss ?? null,
    testAccuracy: tested.get(task)?.accuracy ?? null,
    seconds: Math.round(progress.seconds * 1000) / 1000,
  };
}

/** How far the slowest task is, from 0 to 1. */
const share = ({ progress, options }: Course): number =>
  Math.min(1, ...Object.values(progress.streams).map(({ answered }) => answered / options.trials));

/** Makes a tick, and a line for each task that ended a window with it. */
async function tick(course: Course, scores: OnlineScores): Promise<void> {
  const { live, progress, context, options } = course;
  const beganMs = performance.now();
  live.tick();
  const scored = await scores.read();
  progress.seconds += (performance.now() - beganMs) / 1000;
  for (const { task, score } of scored) {
    const stream = progress.streams[task];
    stream.answered += 1;
    stream.sum = addScore(stream.sum, score);
    if (stream.answered % options.window === 0) {
      progress.rows.push(await windowRow(course, task));
      stream.sum = noScore;
    }
    context.progress(share(course), `trial ${stream.answered} of ${task}`);
  }
}

async function toTheEnd(course: Course): Promise<readonly Row[]> {
  const { run, live, progress, context } = course;
  const scores = onlineScores(run, live);
  const keepIfDue = keeping(context, (partial) => keepStream(partial, run, course));
  while (share(course) < 1) {
    await keepIfDue();
    await tick(course, scores);
  }
  // tasks in the network's order, however their clocks run
  const tasks = [...run.network.tasks.keys()];
  const order = ({ trial, task }: Row) => Number(trial) * tasks.length + tasks.indexOf(String(task));
  return [...progress.rows].sort((one, other) => order(one) - order(other));
}

/**
 * Runs a network continuously on endless streams of its tasks' training stimuli, each task by its own clock, and tells
 * window by window how well each stimulus was answered before it was learned from, and how well the network answers
 * the test set with the weights of that moment (in phased inference, which disturbs nothing).
 * @see Liu et al. 2026, Algorithm 3
 */
export const stream: Measure<Options> = {
  about: "continuous operation: accuracy online, before learning from a stimulus, and on the test set",
  options,
  async measure(run, given, context) {
    const sources = openStimuli(run, context.data);
    const doors = endlessDoors(run, sources);
    const opened = await openStream(run, doors, context, progressSchema, () => ({
      streams: Object.fromEntries([...doors.keys()].map((task) => [task, { answered: 0, sum: noScore }])),
      rows: [],
      seconds: 0,
    }));
    try {
      return await toTheEnd({ ...opened, run, options: given, context, sources });
    } finally {
      opened.live.close();
    }
  },
};
