import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EddyError } from "../errors.js";
import { defaultBackend } from "../kernels/backends.js";
import { ruleNames } from "../model/learning-rules.js";
import { type TaskName, taskNames, trainingRun } from "../simulation/built-in-runs.js";
import {
  type Checkpoint,
  checkCheckpointFolder,
  checkpointPath,
  readCheckpoint,
  writeCheckpoint,
} from "../simulation/checkpoint.js";
import { openBackend } from "../simulation/choose-backend.js";
import { epochsInAll } from "../simulation/epoch-plan.js";
import { openStimuli } from "../simulation/open-stimuli.js";
import { type Run, resolveRun } from "../simulation/run-description.js";
import { checkSameRun } from "../simulation/same-run.js";
import { openTraining, type TaskResult, type Training, type TrainingEvent } from "../simulation/train.js";
import { dataDirectory } from "../streams/tasks/data-directory.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { applyOverrides, backendOption, collect, oneOf, readRun, tellChoice, whole } from "./options.js";
import { duration, note, type Progress, print, printJson, progress } from "./terminal.js";

/** The learning rules as the command line names them. */
const algorithms = ruleNames.map((name) => name.toLowerCase());

interface Options {
  readonly task?: TaskName;
  readonly modules?: number;
  readonly algorithm?: string;
  readonly batch?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly backend: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly p?: readonly string[];
}

/** The command line's options as fields of the run; they come before -p. */
function asOverrides({ algorithm, batch, epochs, seed }: Options): string[] {
  const given: (readonly [string, unknown])[] = [
    ["rule", algorithm?.toUpperCase()],
    ["batch", batch],
    ["schedule.epochs", epochs],
    ["seed", seed],
  ];
  return given.flatMap(([path, value]) => (value === undefined ? [] : [`${path}=${JSON.stringify(value)}`]));
}

function describedRun(file: string | undefined, options: Options, checkpoint: Checkpoint | null): Run {
  const { task, modules } = options;
  if (file !== undefined && task !== undefined) {
    throw new EddyError("INVALID_ARGUMENT", `given ${file} and --task ${task}; needed one of them`);
  }
  if (modules !== undefined && task === undefined) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      "--modules goes with --task; a run file says itself which modules there are",
    );
  }
  let value: unknown;
  if (file !== undefined) value = readRun(file);
  else if (task !== undefined) value = trainingRun(task, modules ?? 2);
  else if (checkpoint) value = checkpoint.run;
  else
    throw new EddyError(
      "INVALID_ARGUMENT",
      `needed a run file, --task NAME (${taskNames.join(", ")}) or --resume FILE`,
    );
  return resolveRun(applyOverrides(value, [...asOverrides(options), ...(options.p ?? [])]));
}

type EpochEvent = Extract<TrainingEvent, { kind: "epoch" }>;

const mean = (values: readonly (number | null)[]): number | null => {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return null;
  return Math.round((numbers.reduce((sum, value) => sum + value, 0) / numbers.length) * 100) / 100;
};

/** Of the tasks that the epoch trained. */
function meanLoss(results: readonly TaskResult[]): number {
  const losses = results.flatMap(({ trainLoss }) => (trainLoss === null ? [] : [trainLoss]));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** One epoch as programs read it; with several tasks the accuracies are their means. */
function epochJson({ epoch, tasks, iterations }: EpochEvent, seconds: number, run: Run, backend: string) {
  const results = Object.values(tasks);
  const over = (field: keyof TaskResult) => mean(results.map((result) => result[field]));
  return {
    epoch,
    trainLoss: meanLoss(results),
    trainAccuracy: over("trainAccuracy"),
    testAccuracy: over("testAccuracy"),
    seconds: Math.round(seconds * 10) / 10,
    ...(iterations && { iterations }),
    tasks,
    run: run.name,
    seed: run.seed,
    backend,
  };
}

const percent = (value: number | null): string => (value === null ? "-" : `${value.toFixed(2)} %`);

function epochText({ epoch, epochs, tasks, iterations }: EpochEvent, seconds: number): string {
  const parts = Object.entries(tasks).map(([task, { trainLoss, trainAccuracy, testAccuracy }]) =>
    trainLoss === null
      ? `${task}: test ${percent(testAccuracy)}`
      : `${task}: loss ${trainLoss.toFixed(4)}, train ${percent(trainAccuracy)}, test ${percent(testAccuracy)}`,
  );
  const made = Object.entries(iterations ?? {}).map(([phase, mean]) => `${mean.toFixed(1)} in ${phase}`);
  if (made.length > 0) parts.push(`iterations: ${made.join(", ")}`);
  return `epoch ${epoch}/${epochs}  ${parts.join("  |  ")}  (${duration(seconds)})`;
}

/** Tells of training as it goes; keeps the checkpoint up to date after each epoch. */
async function follow(
  training: Training,
  run: Run,
  { json, checkpoint, backend }: Options,
  signal: AbortSignal,
): Promise<void> {
  const epochs = epochsInAll(run);
  let startMs = performance.now();
  let bar: Progress | null = null;
  try {
    for await (const event of training.epochs(signal)) {
      if (event.kind === "epoch") {
        bar?.stop();
        bar = null;
        const seconds = (performance.now() - startMs) / 1000;
        startMs = performance.now();
        if (json) printJson(epochJson(event, seconds, run, backend));
        else print(epochText(event, seconds));
        if (checkpoint !== undefined) await writeCheckpoint(checkpoint, await training.checkpoint());
        continue;
      }
      const done = event.kind === "test" ? event.epoch : event.epoch - 1 + event.batch / event.batches;
      bar ??= progress(epochs, done, !json);
      bar.update(done, batchText(event, epochs));
    }
  } finally {
    // a bar that goes on hides the cursor and keeps the process alive
    bar?.stop();
  }
}

const batchText = (event: Exclude<TrainingEvent, { kind: "epoch" }>, epochs: number): string =>
  event.kind === "batch"
    ? `epoch ${event.epoch}/${epochs}, batch ${event.batch}/${event.batches}, loss ${event.loss.toFixed(4)}`
    : `epoch ${event.epoch}/${epochs}, testing ${event.batch}/${event.batches}`;

/** A checkpoint may take the place of the one that training goes on from, and of no other file. */
async function checkPlace(checkpoint: string, resume: string | undefined): Promise<void> {
  const path = checkpointPath(checkpoint);
  const own = resume !== undefined && resolve(checkpointPath(resume)) === resolve(path);
  if (!own && existsSync(path)) {
    throw new EddyError(
      "FILE_EXISTS",
      `${path} exists; go on from it with --resume ${checkpoint}, or choose another --checkpoint`,
    );
  }
  await checkCheckpointFolder(checkpoint);
}

async function train(file: string | undefined, options: Options): Promise<void> {
  const { resume, checkpoint } = options;
  const from = resume === undefined ? null : await readCheckpoint(resume);
  const run = describedRun(file, options, from);
  if (from) checkSameRun(run, resolveRun(from.run), resume ?? "");
  if (checkpoint !== undefined) await checkPlace(checkpoint, resume);
  const sources = openStimuli(run, dataDirectory(options.data));
  const { kernels, choice } = await openBackend(options.backend, run);
  tellChoice(choice, options.json);
  const training = openTraining(kernels, run, sources, from);
  const { signal, release } = interruption();
  await follow(training, run, { ...options, backend: kernels.name }, signal).finally(release);
  if (signal.aborted) {
    const place = `epoch ${training.progress.epoch + 1}, batch ${training.progress.batch}`;
    if (checkpoint === undefined)
      note(`stopped in ${place}; nothing was kept, since --checkpoint was not given`);
    else {
      await writeCheckpoint(checkpoint, await training.checkpoint());
      note(`stopped after ${place}; go on with --resume ${checkpoint} --checkpoint ${checkpoint}`);
    }
    process.exitCode = exitCodes.interrupted;
  }
  training.close();
  kernels.close();
}

/** Adds `eddy train`. */
export function addTrain(program: Command): void {
  program
    .command("train")
    .description("phased training by epochs, as in the papers")
    .argument("[file]", "run file (its schema: eddy schema)")
    .option("--task <name>", `built-in task: ${taskNames.join(", ")}`, oneOf(taskNames))
    .option("--modules <n>", "modules in the chain of a built-in task (default: 2)", whole(1, 1000))
    .option("--algorithm <name>", `learning rule: ${algorithms.join(", ")}`, oneOf(algorithms))
    .option("--batch <n>", "stimuli at once", whole(1, 100_000))
    .option("--epochs <n>", "passes through the training data, in all", whole(0, 1_000_000))
    .option("--seed <n>", "seed of all randomness", whole(0))
    .option("--backend <name>", backendOption, defaultBackend)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("--checkpoint <file>", "write a checkpoint after each epoch and at Ctrl-C")
    .option("--resume <file>", "go on from a checkpoint as if it had never stopped")
    .option("-p <path=value>", "set any field of the run, as -p optimiser.learningRate=0.01", collect)
    .option("--json", "one JSON object an epoch")
    .action(train);
}
