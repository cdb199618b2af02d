import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { uniform } from "./uniform.js";

/** What is killed, how often, and where it records. */
export interface KilledRecordingsOptions {
  /** Eddy as it is built: the folder dist */
  readonly eddy: URL;
  readonly folder: string;
  readonly kills: number;
  /** of the moments */
  readonly seed: number;
  /** a Python that has zarr; null: none looks */
  readonly python: string | null;
}

/** What became of the recordings. */
export interface KilledRecordings {
  readonly kills: number;
  /** killed before the recording had begun: its command had not been answered */
  readonly unbegun: number;
  /** that cannot be read, by zarrita or by zarr-python, or whose samples are not those of one tick after the other */
  readonly unreadable: readonly string[];
  /** whose replay found a difference */
  readonly different: readonly string[];
  readonly samples: number;
  /** ticks replayed */
  readonly ticks: number;
  readonly hashes: number;
}

/** The moment lies within the first so many ms after the start of the process or of the recording. */
const startMsMax = 1000;
const recordingMsMax = 1500;

const look = `
import sys, zarr
group = zarr.open_group(sys.argv[1], mode="r")
for name in ("state/m1", "error/m2"):
    ticks, values = group[name + "/tick"][:], group[name + "/values"][:]
    assert len(ticks) >= len(values)
    assert (ticks[1:] > ticks[:-1]).all()
`;

async function readByPython(python: string, folder: string): Promise<void> {
  const child = spawn(python, ["-c", look, join(folder, "arrays.zarr")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`zarr-python: ${said.trim().split("\n").at(-1)}`);
}

/** Records into a folder until it is killed at a random moment. */
async function recordAndKill(eddy: URL, folder: string, random: () => number): Promise<void> {
  const main = fileURLToPath(new URL("cli/main.js", eddy));
  const what = ["--every", "1", "--topics", "state/m1,error/m2,metrics/gabor,events"];
  const child = spawn(
    process.execPath,
    [main, "record", "--out", folder, ...what, "-p", "network.neurons=64"],
    {
      env: { ...process.env, EDDY_THREADS: "1" },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const ended = once(child, "close");
  // one of eight before or while it begins
  if (random() < 1 / 8) await sleep(startMsMax * random());
  else {
    while (!existsSync(join(folder, "run.json")) && child.exitCode === null) await sleep(5);
    await sleep(recordingMsMax * random());
  }
  if (child.exitCode !== null) throw new Error(`the recording ended by itself, with code ${child.exitCode}`);
  child.kill("SIGKILL");
  await ended;
}

/** @returns the samples that could be read. @throws Error for what cannot be, or is not whole */
async function readWhole(
  eddy: typeof import("eddy"),
  folder: string,
  python: string | null,
): Promise<number> {
  const { arrays } = await eddy.readRecordingDescription(folder);
  let samples = 0;
  for (const stored of await Promise.all(arrays.map((one) => eddy.readSamples(folder, one)))) {
    for (let i = 1; i < stored.samples; i++)
      if (stored.ticks[i] <= stored.ticks[i - 1])
        throw new Error(`tick ${stored.ticks[i]} after ${stored.ticks[i - 1]}`);
    let last = 0;
    for await (const { first, count } of stored.chunks()) last = first + count;
    if (last !== stored.samples)
      throw new Error(`${last} of ${stored.samples} samples of ${stored.arrays.topic}`);
    samples += last;
  }
  if (python !== null) await readByPython(python, folder);
  return samples;
}

/**
 * Kills recordings at random moments; then each is read, and replayed as far as it goes.
 * @throws Error when one ends by itself
 */
export async function killedRecordings(
  { eddy, folder, kills, seed, python }: KilledRecordingsOptions,
  progress: (done: number) => void = () => {},
): Promise<KilledRecordings> {
  const built = (await import(new URL("index.js", eddy).href)) as typeof import("eddy");
  const random = uniform(seed);
  const unreadable: string[] = [];
  const different: string[] = [];
  let [unbegun, samples, ticks, hashes] = [0, 0, 0, 0];
  for (let kill = 0; kill < kills; kill++) {
    const run = join(folder, `run-${kill}`);
    await recordAndKill(eddy, run, random);
    progress(kill + 1);
    if (!existsSync(join(run, "run.json"))) {
      unbegun += 1;
      continue;
    }
    try {
      samples += await readWhole(built, run, python);
      const replayed = await built.replayRecording(run);
      ticks += replayed.ticks;
      hashes += replayed.hashes;
      if (replayed.difference) different.push(`${run}: ${JSON.stringify(replayed.difference)}`);
      else rmSync(run, { recursive: true });
    } catch (error) {
      unreadable.push(`${run}: ${error}`);
    }
  }
  return { kills, unbegun, unreadable, different, samples, ticks, hashes };
}

/** The figure, as one line. */
export const killedText = (result: KilledRecordings): string =>
  `${result.kills} kills (${result.unbegun} before the recording began), ${result.unreadable.length} unreadable, ${result.different.length} that replay differently; read ${result.samples} samples, replayed ${result.ticks} ticks, ${result.hashes} hashes equal`;
