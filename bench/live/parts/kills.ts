import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { uniform } from "./uniform.js";

/** What is killed, how often, and where its checkpoints go. */
export interface KillsOptions {
  /** Eddy as it is built: the folder dist */
  readonly eddy: URL;
  readonly folder: string;
  readonly kills: number;
  /** of the moments */
  readonly seed: number;
  /** of each of two modules */
  readonly neurons: number;
}

/** What became of the checkpoints. */
export interface Kills {
  readonly kills: number;
  /** times that no checkpoint, or only one older than the last announced, could be read whole */
  readonly missing: number;
  /** checkpoints under their name that were not whole */
  readonly torn: number;
  /** that were announced, in all */
  readonly announced: number;
  /** ticks of the last one: every run went on from the one before */
  readonly tick: number;
}

interface Checkpoints {
  latestCheckpoint(folder: string): Promise<{
    readonly checkpoint: { readonly snapshot: { readonly scalars: { readonly tick: number } } };
    readonly passedOver: readonly unknown[];
  } | null>;
}

/** A moment within the work of a checkpoint or two, ms. */
const afterMsMax = 60;

/** Starts a run that writes a checkpoint whenever the one before is on disk. */
function startRun({ eddy, folder, neurons }: KillsOptions, goesOn: boolean): ChildProcess {
  const schedule = ["--headless", "--json", "--checkpoints", folder, "--every-ticks", "1", "--keep", "2"];
  const run = goesOn ? ["--from", folder] : ["-p", "batch=1", "-p", `network.neurons=${neurons}`];
  const main = fileURLToPath(new URL("cli/main.js", eddy));
  return spawn(process.execPath, [main, "run", ...schedule, ...run], {
    env: { ...process.env, EDDY_THREADS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Lets a run announce some checkpoints, and kills it some moments later. @returns the ticks that it announced */
async function killOne(child: ChildProcess, announcements: number, afterMs: number): Promise<number[]> {
  const ticks: number[] = [];
  let [rest, complaint] = ["", ""];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const ended = once(child, "close");
  const enough = new Promise<void>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { event, tick } = JSON.parse(line) as { event?: string; tick: number };
        if (event === "checkpoint") ticks.push(tick);
      }
      if (ticks.length >= announcements) resolve();
    });
  });
  const outcome = await Promise.race([enough, ended.then(() => "ended")]);
  if (outcome === "ended")
    throw new Error(`the run ended by itself, with code ${child.exitCode}: ${complaint}`);
  await sleep(afterMs);
  child.kill("SIGKILL");
  await ended;
  return ticks;
}

/**
 * Kills a run at random moments while it writes one checkpoint after the other; each run goes on from what the one
 * before left.
 * @throws Error when a run ends by itself
 */
export async function checkpointKills(
  options: KillsOptions,
  progress: (soFar: Kills) => void = () => {},
): Promise<Kills> {
  const { latestCheckpoint } = (await import(new URL("index.js", options.eddy).href)) as Checkpoints;
  const random = uniform(options.seed);
  let [missing, torn, announced, last] = [0, 0, 0, -1];
  let result: Kills = { kills: 0, missing, torn, announced, tick: last };
  for (let kill = 0; kill < options.kills; kill++) {
    const child = startRun(options, kill > 0);
    const ticks = await killOne(child, 1 + Math.floor(3 * random()), afterMsMax * random());
    announced += ticks.length;
    const promised = Math.max(last, ...ticks);
    const found = await latestCheckpoint(options.folder).catch(() => null);
    torn += found?.passedOver.length ?? 0;
    last = found?.checkpoint.snapshot.scalars.tick ?? -1;
    if (last < promised) missing += 1;
    result = { kills: kill + 1, missing, torn, announced, tick: last };
    progress(result);
    if (found === null) break;
  }
  return result;
}

/** The figure, as one line. */
export const killsText = ({ kills, torn, missing, announced, tick }: Kills): string =>
  `${kills} kills, ${torn} torn, ${missing} missing (${announced} checkpoints announced, the last at tick ${tick})`;
