import { z } from "zod";
import { validate } from "../model/validate.js";
import type { Checkpoint } from "./checkpoint.js";
import type { Part } from "./part.js";

const progressSchema = z.strictObject({
  /** applied so far */
  interventions: z.int().min(0).default(0),
  /** what parts want to be kept, by their names */
  parts: z.record(z.string(), z.unknown()).default({}),
  /** counts the checkpoints of its folder: after a restore the latest is not the one of the highest tick */
  order: z.int().min(0).default(0),
});

/** What a checkpoint of a running simulation holds besides the network's state. */
export type LiveProgress = z.output<typeof progressSchema>;

/** @throws EddyError INVALID_DESCRIPTION unless the checkpoint is one of a running simulation */
export const progressOf = ({ progress }: Pick<Checkpoint, "progress">): LiveProgress =>
  validate(progressSchema, progress, "checkpoint.progress");

/** What is to be kept of these parts, between two ticks. */
export async function describeProgress(interventions: number, parts: readonly Part[]): Promise<LiveProgress> {
  const memories = parts.flatMap(({ memory }) => memory ?? []);
  const kept = memories.map(async ({ name, keep }) => [name, structuredClone(await keep())] as const);
  return { interventions, order: 0, parts: Object.fromEntries(await Promise.all(kept)) };
}

/** Gives a part back what was kept of it. */
export function recallPart({ memory }: Part, { parts }: LiveProgress): void {
  if (memory && Object.hasOwn(parts, memory.name)) memory.recall(parts[memory.name]);
}
