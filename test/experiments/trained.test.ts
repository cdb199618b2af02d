import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MeasureContext } from "../../src/experiments/measure.js";
import { type EpochRow, type TrainedOptions, trained } from "../../src/experiments/trained.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { readCheckpoint, writeCheckpoint } from "../../src/simulation/checkpoint.js";
import { openStimuli } from "../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { rejectionOf } from "../error-of.js";
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

/** Ends a training after so many events that it told of, by a crash or as Ctrl-C does. */
async function endedAfter(events: number, how: "crash" | "abort", partial: string): Promise<void> {
  const abort = new AbortController();
  const reason = new Error("enough");
  let told = 0;
  const progress = () => {
    told += 1;
    if (told !== events) return;
    if (how === "crash") throw reason;
    abort.abort(reason);
  };
  const keepSeconds = how === "crash" ? 0 : 3600;
  const ended = trainedIn({ partial, progress, signal: abort.signal }, { keepSeconds });
  await expect(ended).rejects.toBe(reason);
}

describe("a network that is trained to be looked at", () => {
  it("has gone through the epochs of its run, and says how far it is", async () => {
    const { rows, shares } = await trainedIn({}, { share: 0.5 });
    expect(rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(shares.at(-1)).toBe(0.5);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });

  // an epoch tells of three batches and one batch of the test set
  it.each([
    ["crash", 3, "within an epoch", 2],
    ["crash", 4, "before its test", 3],
    ["crash", 5, "at its end", 4],
    ["abort", 2, "within an epoch", 2],
    ["abort", 4, "in its test", 3],
    ["abort", 7, "within a later one", 7],
  ] as const)(
    "goes on from a %s at event %d, %s, kept after %d of them, to the same",
    async (how, events, _where, kept) => {
      const whole = await trainedIn();
      const partial = join(temporaryFolder(), "cell");
      await endedAfter(events, how, partial);
      const resumed = await trainedIn({ partial });
      expect(timeless(resumed.rows)).toEqual(timeless(whole.rows));
      expect(resumed.learned).toEqual(whole.learned);
      expect(whole.shares.length - resumed.shares.length).toBe(kept);
    },
  );

  it("goes on from the seconds that it took before", async () => {
    const partial = join(temporaryFolder(), "cell");
    await endedAfter(5, "abort", partial);
    const { progress, ...checkpoint } = await readCheckpoint(partial);
    await writeCheckpoint(partial, { ...checkpoint, progress: { ...Object(progress), seconds: 1000 } });
    const seconds = (await trainedIn({ partial })).rows.map((row) => row.seconds);
    expect(seconds[0]).toBeLessThan(1000);
    expect(seconds[1]).toBeGreaterThan(1000);
    expect(seconds[2]).toBeGreaterThan(seconds[1]);
  });

  it("says which line of what was kept is not its own", async () => {
    const partial = join(temporaryFolder(), "cell");
    await endedAfter(5, "abort", partial);
    const { progress, ...checkpoint } = await readCheckpoint(partial);
    const rows = [{ epoch: "one" }];
    await writeCheckpoint(partial, { ...checkpoint, progress: { ...Object(progress), rows } });
    expect((await rejectionOf(trainedIn({ partial }))).message).toMatch(/^checkpoint\.progress\.rows/);
  });

  it("stops once it is good enough", async () => {
    expect((await trainedIn({}, { until: 0 })).rows.map(({ epoch }) => epoch)).toEqual([1]);
  });

  it("is not looked at when it was told to end", async () => {
    const reason = new Error("enough");
    await expect(trainedIn({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
