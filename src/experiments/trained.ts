import { z } from "zod";
import type { Parameters } from "../model/parameters.js";
import { epochsInAll } from "../simulation/epoch-plan.js";
import type { Run } from "../simulation/run-description.js";
import type { TrainingEvent } from "../simulation/train.js";
import type { StimulusSource } from "../streams/stimulus.js";
import { type KeptTraining, keptEpochs, openKeptTraining } from "./kept-training.js";
import type { MeasureContext } from "./measure.js";

type EpochEvent = Extract<TrainingEvent, { kind: "epoch" }>;

const epochRow = z.strictObject({
  epoch: z.int().min(1),
  task: z.string(),
  trainLoss: z.number().nullable(),
  trainAccuracy: z.number().nullable(),
  testLoss: z.number().nullable(),
  testAccuracy: z.number().nullable(),
  /** of training so far, tests not counted */
  seconds: z.number(),
});

/** What an epoch ended with for one task; losses in nats, accuracies in percent. */
export type EpochRow = Readonly<z.output<typeof epochRow>>;

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
  /** how often a training under way is kept; default: that of `keeping` */
  readonly keepSeconds?: number;
}

const epochRows = ({ epoch, tasks }: EpochEvent, seconds: number): EpochRow[] =>
  Object.entries(tasks).map(([task, result]) => ({
    epoch,
    task,
    ...result,
    seconds: Math.round(seconds * 1000) / 1000,
  }));

const reached = (rows: readonly EpochRow[], until: number): boolean =>
  rows.every(({ trainAccuracy }) => trainAccuracy !== null && trainAccuracy >= until);

const doneEpochs = (event: Exclude<TrainingEvent, EpochEvent>): number =>
  event.kind === "test" ? event.epoch : event.epoch - 1 + event.batch / event.batches;

/** Adds the lines of the epochs that are left. */
async function throughEpochs(
  run: Run,
  kept: KeptTraining<EpochRow>,
  context: MeasureContext,
  { share = 1, until = Number.POSITIVE_INFINITY, keepSeconds }: TrainedOptions,
): Promise<void> {
  const epochs = epochsInAll(run);
  for await (const event of keptEpochs(kept, context, keepSeconds)) {
    if (event.kind === "epoch") {
      const latest = epochRows(event, kept.seconds);
      kept.rows.push(...latest);
      if (reached(latest, until)) return;
    } else context.progress((share * doneEpochs(event)) / epochs, `epoch ${event.epoch} of ${epochs}`);
  }
}

/**
 * Trains a run to its end, going on from where it was interrupted, and lets somebody look at the network. With no
 * epochs it is looked at as it was drawn.
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
  const kept = await openKeptTraining(run, sources, context, epochRow);
  const { training, rows } = kept;
  try {
    await throughEpochs(run, kept, context, options);
    return await look({ rows, parameters: training.parameters });
  } finally {
    training.close();
  }
}
