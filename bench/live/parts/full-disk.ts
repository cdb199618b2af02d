import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is filled. */
export interface FullDiskOptions {
  /** Eddy as it is built: the folder dist */
  readonly eddy: URL;
  /** a folder with nothing in it, on a disk of its own, which gets full */
  readonly folder: string;
  /** ticks to make once the disk is full */
  readonly ticksMore: number;
  /** what is kept free; 0: until the disk says that it is full */
  readonly freeBytesMin: number;
}

/** What became of it. */
export interface FullDisk {
  /** the event's */
  readonly reason: string;
  readonly tick: number;
  readonly bytes: number;
  /** ticks that the simulation made afterwards */
  readonly ticksMore: number;
  /** samples that can be read */
  readonly samples: number;
  /** ticks that the recording replays, all hashes equal */
  readonly replayed: number;
  /** of the last checkpoint, which loads */
  readonly checkpointTick: number;
}

const run = {
  name: "full disk",
  network: { preset: "chain", modules: 2, neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
  stimuli: { gabor: { source: "gabor" } },
};

/** A small disk in memory, with a folder of its own; null where this user or this system may not have one. */
export function smallDisk(mebibytes: number): { readonly folder: string; release(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), "eddy-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    rmdirSync(folder);
    return null;
  }
  return {
    folder,
    release() {
      execFileSync("umount", [folder]);
      rmdirSync(folder);
    },
  };
}

type Ended = { readonly reason: string; readonly tick: number; readonly bytes: number };

/** Reads the recording and the last checkpoint. @throws Error for what is not whole */
async function look(
  eddy: typeof import("eddy"),
  folder: string,
): Promise<Pick<FullDisk, "samples" | "replayed" | "checkpointTick">> {
  const recording = join(folder, "recording");
  const { arrays } = await eddy.readRecordingDescription(recording);
  let samples = 0;
  for (const one of arrays) {
    const stored = await eddy.readSamples(recording, one);
    for await (const { count } of stored.chunks()) samples += count;
  }
  const { difference, ticks } = await eddy.replayRecording(recording);
  if (difference) throw new Error(`it replays differently: ${JSON.stringify(difference)}`);
  const kept = await eddy.latestCheckpoint(join(folder, "checkpoints"));
  if (!kept) throw new Error("there is no checkpoint that loads");
  return { samples, replayed: ticks, checkpointTick: kept.checkpoint.snapshot.scalars.tick };
}

/** Records a running simulation, which keeps checkpoints, too, until the disk is full; then it goes on for a while. */
export async function fillDisk({
  eddy,
  folder,
  ticksMore,
  freeBytesMin,
}: FullDiskOptions): Promise<FullDisk> {
  const built = (await import(new URL("index.js", eddy).href)) as typeof import("eddy");
  const simulation = await built.openSimulation(run, {
    paused: true,
    recordings: { folder, freeBytesMin },
    checkpoints: { folder: join(folder, "checkpoints"), everyTicks: 500, keep: 2 },
  });
  try {
    const ended = new Promise<Ended>((resolve, reject) => {
      simulation.frames.subscribe({
        next({ payload }) {
          if ("kind" in payload && payload.kind === "recordingEnded") resolve(payload as unknown as Ended);
        },
        complete: () => reject(new Error("the simulation ended")),
        error: reject,
      });
    });
    await simulation.watch({ topic: "events", every: 1 });
    const topics = ["state/m1", "state/m2"].map((topic) => ({ topic, every: 1 }));
    await simulation.command({ kind: "record", name: "recording", topics, hashes: "phases" });
    await simulation.command({ kind: "resume" });
    const { reason, tick, bytes } = await ended;
    await simulation.command({ kind: "pause" });
    const { tick: paused } = await simulation.command({ kind: "step", ticks: ticksMore });
    while (simulation.status().tick < paused + ticksMore)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const made = simulation.status().tick - tick;
    return { reason, tick, bytes, ticksMore: made, ...(await look(built, folder)) };
  } finally {
    await simulation.close();
  }
}

/** The figure, as one line. */
export const fullDiskText = (found: FullDisk): string =>
  `recording stopped at byte ${found.bytes} (${found.reason}, tick ${found.tick}), simulation made ${found.ticksMore} more ticks, recording readable (${found.samples} samples, ${found.replayed} ticks replayed), last checkpoint loads (tick ${found.checkpointTick})`;
