import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MeasureContext } from "../../src/experiments/measure.js";
import { type EpochRow, type TrainedOptions, trained } from "../../src/experiments/trained.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { writeCheckpoint } from "../../src/simulation/checkpoint.js";
import { openStimuli } from "../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { openTraining } from "../../src/simulation/train.js";
import { temporaryFolder } from "../temporary-folder.js";
import { smallRun } from "./small-studies.js";

const folder = temporaryFolder();
const run = resolveRun({ ...smallRun, schedule: { kind: "phased", epochs: 3 } });
const sources = openStimuli(run, folder);

/** What a training gives, and a number of what it learned. */
async function trainedIn(changed: Partial<MeasureContext> = {}, options: TrainedOptions = {}) {
  const kernels = referenceKernels();
  const { signal } = new AbortController();
  const shares: number[] = [];
  const progress = (share: number) => shares.push(share);
  const context = { kernels, data: folder, signal, partial: null, progress, ...changed };
  try {
    const result = await trained(run, sources, context, options, async ({ rows, parameters }) => {
      const learned = [...parameters.learned.values()].map(({ weights }) => kernels.read(weights));
      return { rows, learned: await Promise.all(learned) };
    });
    return { ...result, shares };
  } finally {
    expect(kernels.live()).toBe(0);
    kernels.close();
  }
}

const timeless = (rows: readonly EpochRow[]) => rows.map(({ seconds: _, ...row }) => row);

/** Leaves what an interrupted training would: a checkpoint after one epoch, and rows of two. */
async function interrupt(partial: string, rows: readonly EpochRow[]): Promise<void> {
  const kernels = referenceKernels();
  const training = openTraining(kernels, run, sources);
  for await (const event of training.epochs()) if (event.kind === "epoch") break;
  await writeCheckpoint(partial, await training.checkpoint());
  writeFileSync(`${partial}-rows.json`, JSON.stringify(rows.slice(0, 2)));
  training.close();
  kernels.close();
}

describe("a network that is trained to be looked at", () => {
  it("has gone through the epochs of its run, and says how far it is", async () => {
    const { rows, shares } = await trainedIn({}, { share: 0.5 });
    expect(rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(shares.at(-1)).toBe(0.5);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });

  it("goes on from where it was interrupted, to the same weights", async () => {
    const whole = await trainedIn();
    const partial = join(folder, "cell");
    await interrupt(partial, whole.rows);
    const resumed = await trainedIn({ partial });
    expect(timeless(resumed.rows)).toEqual(timeless(whole.rows));
    expect(resumed.learned).toEqual(whole.learned);
    expect(resumed.shares.length).toBeLessThan(whole.shares.length);
  });

  it("stops once it is good enough", async () => {
    expect((await trainedIn({}, { until: 0 })).rows.map(({ epoch }) => epoch)).toEqual([1]);
  });

  it("is not looked at when it was told to end", async () => {
    const reason = new Error("enough");
    await expect(trainedIn({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
