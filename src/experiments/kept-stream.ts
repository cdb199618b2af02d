import { existsSync } from "node:fs";
import type { z } from "zod";
import { ruleOf } from "../model/learning-rules.js";
import { validate } from "../model/validate.js";
import { readCheckpoint, writeCheckpoint } from "../simulation/checkpoint.js";
import { continueNetwork, openNetwork } from "../simulation/open-network.js";
import { describeRun, type Run } from "../simulation/run-description.js";
import { restoreState, takeSnapshot } from "../simulation/state-snapshot.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import type { StimulusDoor } from "../streams/stimulus-door.js";
import type { MeasureContext } from "./measure.js";

/** A network in continuous operation, and how far its stream is. */
export interface KeptStream<Progress> {
  readonly live: ContinuousNetwork;
  readonly progress: Progress;
}

/**
 * Goes on from where an interrupted stream was kept, or begins.
 * @param schema what kept progress has to be
 * @param begin progress of a stream that begins
 * @throws EddyError what opening a network or reading a checkpoint throws
 */
export async function openStream<Progress>(
  run: Run,
  doors: ReadonlyMap<string, StimulusDoor>,
  { kernels, partial }: MeasureContext,
  schema: z.ZodType<Progress>,
  begin: () => Progress,
): Promise<KeptStream<Progress>> {
  const rule = ruleOf(run);
  if (partial === null || !existsSync(`${partial}.json`))
    return { live: openNetwork(kernels, run, doors, rule), progress: begin() };
  const kept = await readCheckpoint(partial);
  const progress = validate(schema, kept.progress, "checkpoint.progress");
  const state = restoreState(kernels, run.network, kept.snapshot);
  return { live: continueNetwork(kernels, run, doors, rule, state), progress };
}

/**
 * Keeps a stream between two ticks, so that it goes on as if it had never stopped.
 * @throws EddyError FILE_INVALID when it cannot be written
 */
export async function keepStream(
  partial: string,
  run: Run,
  { live, progress }: KeptStream<unknown>,
): Promise<void> {
  // what waits for the next boundary is applied now, where it would be then, since the state alone is kept
  live.drain();
  const snapshot = await takeSnapshot(live.kernels, live.state, true);
  await writeCheckpoint(partial, { run: describeRun(run), progress: structuredClone(progress), snapshot });
}
