import { existsSync } from "node:fs";
import { z } from "zod";
import { validate } from "../model/validate.js";
import { readCheckpoint, writeCheckpoint } from "../simulation/checkpoint.js";
import type { Run } from "../simulation/run-description.js";
import { openTraining, type Training, type TrainingEvent } from "../simulation/train.js";
import type { StimulusSource } from "../streams/stimulus.js";
import { keeping } from "./keeping.js";
import type { MeasureContext, Row } from "./measure.js";

const progressSchema = z.strictObject({
  /** the training's own, which checks it */
  training: z.unknown(),
  rows: z.array(z.unknown()),
  seconds: z.number(),
});

/** A training that goes on where it was interrupted, and what was found out on the way. */
export interface KeptTraining<Line extends Row> {
  readonly training: Training;
  /** whoever trains adds to them */
  readonly rows: Line[];
  /** that batches took so far, tests not counted */
  seconds: number;
  /** whether it goes on from where an earlier one was interrupted */
  readonly resumed: boolean;
}

/**
 * Goes on from where an interrupted training was kept, or begins.
 * @param line what a kept line has to be
 * @returns owned by the caller, who closes the training
 * @throws EddyError what opening a training or reading a checkpoint throws
 */
export async function openKeptTraining<Line extends Row>(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  { kernels, partial }: MeasureContext,
  line: z.ZodType<Line>,
): Promise<KeptTraining<Line>> {
  if (partial === null || !existsSync(`${partial}.json`))
    return { training: openTraining(kernels, run, sources), rows: [], seconds: 0, resumed: false };
  const kept = await readCheckpoint(partial);
  const {
    training: progress,
    rows,
    seconds,
  } = validate(progressSchema, kept.progress, "checkpoint.progress");
  const known = validate(z.array(line), rows, "checkpoint.progress.rows");
  const training = openTraining(kernels, run, sources, { ...kept, progress });
  return { training, rows: known, seconds, resumed: true };
}

/**
 * What is left of a training, event by event. It is kept now and then once an event was dealt with, within an epoch or
 * at its end, and when it is interrupted.
 * @throws EddyError what training throws, and what writing a checkpoint does; the signal's reason once it is aborted
 */
export async function* keptEpochs<Line extends Row>(
  kept: KeptTraining<Line>,
  context: MeasureContext,
  everySeconds?: number,
): AsyncGenerator<TrainingEvent, void> {
  const { training } = kept;
  const keepIfDue = keeping(
    context,
    async (partial) => {
      const { progress, ...checkpoint } = await training.checkpoint();
      const { rows, seconds } = kept;
      await writeCheckpoint(partial, { ...checkpoint, progress: { training: progress, rows, seconds } });
    },
    everySeconds,
  );
  let sinceMs = performance.now();
  for await (const event of training.epochs(context.signal)) {
    if (event.kind === "batch") kept.seconds += (performance.now() - sinceMs) / 1000;
    yield event;
    await keepIfDue();
    sinceMs = performance.now();
  }
  await keepIfDue();
}
