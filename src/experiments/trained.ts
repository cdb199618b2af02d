import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Parameters } from "../model/parameters.js";
import { readCheckpoint, writeCheckpoint } from "../simulation/checkpoint.js";
import { epochsInAll } from "../simulation/epoch-plan.js";
import type { Run } from "../simulation/run-description.js";
import { openTraining, type TaskResult, type Training, type TrainingEvent } from "../simulation/train.js";
import { writeAtomically } from "../simulation/write-atomically.js";
import type { StimulusSource } from "../streams/stimulus.js";
import type { MeasureContext, Row } from "./measure.js";

type EpochEvent = Extract<TrainingEvent, { kind: "epoch" }>;

/** A training is kept at the end of an epoch, when so many seconds went by since it was last. */
const keepSeconds = 30;

/** What an epoch ended with for one task; losses in nats, accuracies in percent. */
export interface EpochRow extends Row, TaskResult {
  readonly epoch: number;
  readonly task: string;
  /** of training so far, tests not counted */
  readonly seconds: number;
}

/** A network that has gone through the epochs of its run. */
export interface Trained {
  /** of every task after each epoch */
  readonly rows: readonly EpochRow[];
  /** what it has learned; lent */
  readonly parameters: Parameters;
}

export interface TrainedOptions {
  /** of the whole measure that training is, for those who wait; default: 1 */
  readonly share?: number;
  /** ends once the training accuracy of every task reaches this, percent; default: never */
  readonly until?: number;
}

const rowsPath = (partial: string): string => `${partial}-rows.json`;

/** Goes on from where an interrupted training was kept, or begins. */
async function open(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  { kernels, partial }: MeasureContext,
): Promise<{ readonly training: Training; readonly rows: readonly EpochRow[] }> {
  if (partial === null || !existsSync(`${partial}.json`))
    return { training: openTraining(kernels, run, sources), rows: [] };
  const training = openTraining(kernels, run, sources, await readCheckpoint(partial));
  const rows = JSON.parse(await readFile(rowsPath(partial), "utf8")) as readonly EpochRow[];
  return { training, rows: rows.filter(({ epoch }) => epoch <= training.progress.epoch) };
}

/** Rows first: those of epochs that the checkpoint does not know yet are left out when it is read. */
async function keep(partial: string, training: Training, rows: readonly EpochRow[]): Promise<void> {
  await writeAtomically(rowsPath(partial), JSON.stringify(rows));
  await writeCheckpoint(partial, await training.checkpoint());
}

const epochRows = ({ epoch, tasks }: EpochEvent, seconds: number): EpochRow[] =>
  Object.entries(tasks).map(([task, { trainLoss, trainAccuracy, testLoss, testAccuracy }]) => ({
    epoch,
    task,
    trainLoss,
    trainAccuracy,
    testLoss,
    testAccuracy,
    seconds: Math.round(seconds * 1000) / 1000,
  }));

const reached = (rows: readonly EpochRow[], until: number): boolean =>
  rows.every(({ trainAccuracy }) => trainAccuracy !== null && trainAccuracy >= until);

const doneEpochs = (event: Exclude<TrainingEvent, EpochEvent>): number =>
  event.kind === "test" ? event.epoch : event.epoch - 1 + event.batch / event.batches;

/** The epochs that are left. @returns of all epochs, those made before an interruption included */
async function throughEpochs(
  run: Run,
  training: Training,
  before: readonly EpochRow[],
  { signal, partial, progress }: MeasureContext,
  { share = 1, until = Number.POSITIVE_INFINITY }: TrainedOptions,
): Promise<readonly EpochRow[]> {
  const rows = [...before];
  let seconds = rows.at(-1)?.seconds ?? 0;
  let [sinceMs, keptMs] = [performance.now(), performance.now()];
  for await (const event of training.epochs(signal)) {
    const nowMs = performance.now();
    if (event.kind === "batch") seconds += (nowMs - sinceMs) / 1000;
    if (event.kind === "epoch") {
      const latest = epochRows(event, seconds);
      rows.push(...latest);
      if (reached(latest, until)) return rows;
      if (partial !== null && nowMs - keptMs > keepSeconds * 1000 && event.epoch < event.epochs) {
        await keep(partial, training, rows);
        keptMs = performance.now();
      }
    } else {
      const { epoch } = event;
      const epochs = epochsInAll(run);
      progress((share * doneEpochs(event)) / epochs, `epoch ${epoch} of ${epochs}`);
    }
    sinceMs = performance.now();
  }
  signal.throwIfAborted();
  return rows;
}

/**
 * Trains a run to its end, going on from where it was interrupted, and lets somebody look at the network. With no epochs
 * it is looked at as it was drawn.
 * @throws EddyError what training throws, and what reading or writing a checkpoint does; the signal's reason once it is
 *   aborted
 */
export async function trained<T>(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  context: MeasureContext,
  options: TrainedOptions,
  look: (network: Trained) => T | Promise<T>,
): Promise<T> {
  const { training, rows: before } = await open(run, sources, context);
  try {
    const rows = await throughEpochs(run, training, before, context, options);
    return await look({ rows, parameters: training.parameters });
  } finally {
    training.close();
  }
}
