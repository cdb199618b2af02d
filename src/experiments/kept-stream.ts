import { existsSync } from "node:fs";
import { z } from "zod";
import { ruleOf } from "../model/learning-rules.js";
import { validate } from "../model/validate.js";
import { readCheckpoint, writeCheckpoint } from "../simulation/checkpoint.js";
import { continueNetwork, openNetwork } from "../simulation/open-network.js";
import { describeRun, type Run } from "../simulation/run-description.js";
import { restoreState, takeSnapshot } from "../simulation/state-snapshot.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import { keptRows } from "./kept-rows.js";
import type { MeasureContext } from "./measure.js";

const streamSchema = z.strictObject({
  /** trials that were answered */
  answered: z.int().min(0),
  /** of the present window */
  sum: z.strictObject({ count: z.number(), loss: z.number(), right: z.number().nullable() }),
});

const progressSchema = z.strictObject({
  /** by task */
  streams: z.record(z.string(), streamSchema),
  rows: keptRows,
  /** of running so far, tests not counted */
  seconds: z.number(),
});

/** How far a stream is. */
export type StreamProgress = z.output<typeof progressSchema>;

/** A network in continuous operation, and how far its stream is. */
export interface KeptStream {
  readonly live: ContinuousNetwork;
  readonly progress: StreamProgress;
}

/**
 * Goes on from where an interrupted stream was kept, or begins.
 * @throws EddyError what opening a network or reading a checkpoint throws
 */
export async function openStream(
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  { kernels, partial }: MeasureContext,
): Promise<KeptStream> {
  const rule = ruleOf(run);
  if (partial === null || !existsSync(`${partial}.json`)) {
    const fresh = { answered: 0, sum: { count: 0, loss: 0, right: 0 } };
    const streams = Object.fromEntries([...doors.keys()].map((task) => [task, { ...fresh }]));
    return {
      live: openNetwork(kernels, run, doors, rule),
      progress: { streams, rows: [], seconds: 0 },
    };
  }
  const { snapshot, progress } = await readCheckpoint(partial);
  const known = validate(progressSchema, progress, "checkpoint.progress");
  const state = restoreState(kernels, run.network, snapshot);
  return { live: continueNetwork(kernels, run, doors, rule, state), progress: known };
}

/**
 * Keeps a stream between two ticks, so that it goes on as if it had never stopped.
 * @throws EddyError FILE_INVALID when it cannot be written
 */
export async function keepStream(partial: string, run: Run, { live, progress }: KeptStream): Promise<void> {
  // what waits for the next boundary is applied now, where it would be then, since the state alone is kept
  live.drain();
  const snapshot = await takeSnapshot(live.kernels, live.state, true);
  await writeCheckpoint(partial, { run: describeRun(run), progress: structuredClone(progress), snapshot });
}
