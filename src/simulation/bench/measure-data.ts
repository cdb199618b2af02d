import { invariant } from "../../errors.js";
import { ruleOf } from "../../model/learning-rules.js";
import type { Checkpoint } from "../checkpoint.js";
import { testPass, trainingEpoch } from "../epoch-plan.js";
import { openStimuli } from "../open-stimuli.js";
import type { Run } from "../run-description.js";
import { openTraining, type TrainingEvent } from "../train.js";
import { type Approximation, usualApproximations } from "./bench-options.js";
import { fashionRun } from "./bench-runs.js";
import { decide, differing } from "./decisions.js";
import type { Bench, Measurement } from "./measurement.js";

type EpochEvent = Extract<TrainingEvent, { kind: "epoch" }>;

/** What training left, unless it was stopped. */
interface Trained {
  readonly last: EpochEvent;
  readonly seconds: number;
  readonly checkpoint: Checkpoint;
}

/** Trains a run to its end. Seconds are those of its epochs: training and testing, without drawing the weights. */
async function train(
  { kernels }: Bench,
  run: Run,
  sources: ReturnType<typeof openStimuli>,
  within: (part: number) => void,
  signal?: AbortSignal,
): Promise<Trained | null> {
  const training = openTraining(kernels, run, sources, null, ruleOf(run));
  const epochs = run.schedule.kind === "phased" ? run.schedule.epochs : 0;
  let last: EpochEvent | null = null;
  try {
    const startMs = performance.now();
    for await (const event of training.epochs(signal)) {
      if (event.kind === "epoch") last = event;
      if (event.kind === "batch") within((event.epoch - 1 + event.batch / event.batches) / epochs);
    }
    const seconds = (performance.now() - startMs) / 1000;
    if (last === null || signal?.aborted) return null;
    return { last, seconds, checkpoint: await training.checkpoint() };
  } finally {
    training.close();
  }
}

/** One epoch of Fashion-MNIST, training and test, as `eddy train` makes it. */
function epochMeasurement(bench: Bench): Measurement {
  const { modules, neurons, data } = bench.options;
  return {
    part: "epoch",
    what: "an epoch of Fashion-MNIST",
    async run(within, signal) {
      const run = fashionRun(modules, neurons, 1, bench.options);
      const sources = openStimuli(run, data);
      const trained = await train(bench, run, sources, within, signal);
      if (!trained) return;
      const { trainLoss, testAccuracy } = trained.last.tasks.task;
      invariant(trainLoss !== null, "an epoch of one task trains it");
      bench.result.epoch = {
        seconds: Math.round(trained.seconds * 100) / 100,
        batch: run.batch,
        learning_steps: trainingEpoch(run, sources, 0).length,
        inferences: testPass(run, sources).length,
        train_loss: trainLoss,
        test_accuracy: testAccuracy,
        mean_iterations: trained.last.iterations,
      };
    },
  };
}

const everything: Approximation = { tolerance: null, epsilon: null };

/** How often each of the networks that are compared answers all images; the fastest counts. */
const rounds = 3;

/** How many decisions on the test images change when the trained network may leave something out. */
function decisionsMeasurement(bench: Bench): Measurement {
  const { kernels, options, result } = bench;
  const { modules, neurons, epochs, tolerance, epsilon, data } = options;
  const given = tolerance !== null || epsilon !== null;
  const approximations = given ? [{ tolerance, epsilon }] : usualApproximations;
  return {
    part: "decisions",
    what: `decisions on Fashion-MNIST after ${epochs === 1 ? "an epoch" : `${epochs} epochs`}`,
    async run(within, signal) {
      const exactRun = fashionRun(modules, neurons, epochs, everything);
      const sources = openStimuli(exactRun, data);
      const trained = await train(bench, exactRun, sources, within, signal);
      if (!trained) return;
      const answer = (approximation: Approximation) =>
        decide(kernels, fashionRun(modules, neurons, epochs, approximation), sources, trained.checkpoint);
      const exact = await answer(everything);
      const answered = [];
      for (const approximation of approximations)
        answered.push({ approximation, decisions: await answer(approximation) });
      // the rounds of all take turns, so that what disturbs the machine disturbs all alike
      const least = [exact, ...answered.map(({ decisions }) => decisions)].map(({ ms }) => ms);
      for (let round = 1; round < rounds && !signal?.aborted; round++) {
        for (const [i, one] of [everything, ...approximations].entries())
          least[i] = Math.min(least[i], (await answer(one)).ms);
      }
      result.decisions = {
        epochs,
        images: exact.classes.length,
        exact_accuracy: exact.accuracy,
        approximations: answered.map(({ approximation, decisions }, i) => ({
          ...approximation,
          different: differing(exact.classes, decisions.classes),
          accuracy: decisions.accuracy,
          exact_ms: least[0],
          approximate_ms: least[i + 1],
        })),
      };
    },
  };
}

/** What needs images: an epoch, and decisions. */
export const dataMeasurements = (bench: Bench): Measurement[] => [
  epochMeasurement(bench),
  decisionsMeasurement(bench),
];
