import type { Command } from "commander";
import { defaultBackend } from "../kernels/backends.js";
import { gaborScene } from "../simulation/built-in-runs.js";
import { openSimulation } from "../simulation/open-simulation.js";
import type { Simulation } from "../simulation/simulation.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { applyOverrides, backendOption, collect, oneOf, readRun, tellChoice, whole } from "./options.js";
import {
  parseBytes,
  parseTopics,
  type RecordingFlags,
  recordingPlace,
  startRecording,
} from "./recording-options.js";
import { note, type Progress, print, printJson, progress } from "./terminal.js";

interface Options extends Omit<RecordingFlags, "recordEvery"> {
  readonly out: string;
  readonly every?: number;
  readonly ticks?: number;
  readonly seed?: number;
  readonly backend: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly p?: readonly string[];
}

/** How often a terminal is told how it stands, ms. */
const reportMs = 500;

/** Why the recording ended before the simulation did, if it did. */
type EndedEarly = { readonly reason: string; readonly tick: number };

/** Waits until the simulation ends, or somebody stops it, or it can be recorded no longer. */
async function recorded(simulation: Simulation, signal: AbortSignal): Promise<EndedEarly | null> {
  const events = await simulation.watch({ topic: "events", every: 1 });
  return new Promise((resolve, reject) => {
    simulation.frames.subscribe({
      next({ watch, tick, payload }) {
        if (
          watch === events &&
          "kind" in payload &&
          payload.kind === "recordingEnded" &&
          payload.reason !== "ended"
        )
          resolve({ reason: String(payload.reason), tick });
      },
      complete: () => resolve(null),
      error: reject,
    });
    signal.addEventListener("abort", () => resolve(null), { once: true });
    if (signal.aborted) resolve(null);
    simulation.command({ kind: "resume" }).catch(reject);
  });
}

function watchProgress(simulation: Simulation, ticks: number | undefined, wanted: boolean): Progress {
  const bar = progress(ticks ?? 0, 0, wanted && ticks !== undefined);
  const timer = setInterval(() => {
    const { tick, recording } = simulation.status();
    const bytes = recording ? `, ${(recording.bytes / 2 ** 20).toFixed(1)} MiB` : "";
    bar.update(tick, `tick ${tick}${bytes}`);
  }, reportMs);
  return {
    update: bar.update,
    stop() {
      clearInterval(timer);
      bar.stop();
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  bytesMax: "it has grown to --max-bytes",
  freeBytesMin: "the disk has less than --min-free left",
  noSpace: "the disk is full",
};

async function record(file: string | undefined, options: Options): Promise<void> {
  const { out, every: recordEvery, ticks, seed, backend, data, json, p = [] } = options;
  const seeded = seed === undefined ? p : [`seed=${seed}`, ...p];
  const value = applyOverrides(file === undefined ? gaborScene : readRun(file), seeded);
  const recordings = recordingPlace(out, options);
  const { signal, release } = interruption();
  let early: EndedEarly | null = null;
  let tick = 0;
  try {
    const simulation = await openSimulation(value, {
      backend,
      data,
      ticks: ticks ?? null,
      paused: true,
      recordings,
    });
    try {
      tellChoice(simulation.choice, json);
      await startRecording(simulation, out, { ...options, recordEvery });
      const bar = watchProgress(simulation, ticks, !json);
      early = await recorded(simulation, signal).finally(() => bar.stop());
    } finally {
      await simulation.close();
    }
    // on its way to the end it made some more
    tick = early?.tick ?? simulation.status().tick;
  } finally {
    release();
  }
  const why = early && (reasons[early.reason] ?? early.reason);
  if (json)
    printJson({ recording: out, tick, ended: early?.reason ?? (signal.aborted ? "interrupted" : "ended") });
  else print(`${out}: recorded up to tick ${tick}`);
  if (why) note(`the recording ended because ${why}; what is there is whole`);
  if (early) process.exitCode = exitCodes.failed;
  else if (signal.aborted) process.exitCode = exitCodes.interrupted;
}

/** Adds `eddy record`. */
export function addRecord(program: Command): void {
  program
    .command("record")
    .description(
      "continuous operation without a page, recorded as it runs; without a file, the built-in gabor scene",
    )
    .argument("[file]", "run file (its schema: eddy schema)")
    .requiredOption("--out <folder>", "folder of the recording; it must not be there yet")
    .option(
      "--topics <names>",
      "topics with commas between them (default: all states, metrics and events)",
      parseTopics,
    )
    .option("--every <n>", "every n-th tick of states and the like (default: 10)", whole(1))
    .option(
      "--hashes <when>",
      "hash the state at the ends of phases, or after all ticks: phases, ticks",
      oneOf(["phases", "ticks"] as const),
    )
    .option("--max-bytes <size>", "the recording ends when it has grown to this, as 1GiB", parseBytes)
    .option("--min-free <size>", "and when less than this is free on the disk (default: 64MiB)", parseBytes)
    .option("--ticks <n>", "end after so many ticks (default: go on until Ctrl-C)", whole(1))
    .option("--seed <n>", "seed of all randomness", whole(0))
    .option("--backend <name>", backendOption, defaultBackend)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("-p <path=value>", "set any field of the run, as -p schedule.forward=live", collect)
    .option("--json", "one JSON object at the end")
    .action(record);
}
