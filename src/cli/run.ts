import { type Command, InvalidArgumentError } from "commander";
import { EddyError } from "../errors.js";
import { defaultBackend } from "../kernels/backends.js";
import type { RunningServer } from "../server/server.js";
import { gaborScene } from "../simulation/built-in-runs.js";
import { makeFolder } from "../simulation/make-folder.js";
import { openLive } from "../simulation/open-live.js";
import type { RecordingOptions } from "../simulation/open-options.js";
import { resolveRun } from "../simulation/run-description.js";
import type { Simulation } from "../simulation/simulation.js";
import { type AlarmRule, collectRule, type Rules, setRules } from "./alarm-rules.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { checkpointOptions, keptRun } from "./kept-run.js";
import { applyOverrides, backendOption, collect, readRun, tellChoice, whole } from "./options.js";
import {
  parseBytes,
  parseTopics,
  type RecordingFlags,
  recordingPlace,
  recordingsPlace,
  startRecording,
} from "./recording-options.js";
import { addServingOptions, refuseServing, type ServingOptions, serveLive } from "./serving.js";
import { tellEvent, watchEvents } from "./simulation-events.js";
import { note, print, printJson } from "./terminal.js";
import { type TrialMetrics, trialTally } from "./trial-tally.js";

/** times real time, or ticks a second; null: as fast as possible */
type Speed = { readonly times: number } | { readonly ticksPerSecond: number | null };

interface Options extends ServingOptions {
  readonly ticks?: number;
  readonly headless?: boolean;
  readonly speed?: Speed;
  readonly seed?: number;
  readonly backend: string;
  readonly data?: string;
  readonly stop?: readonly AlarmRule[];
  readonly alarm?: readonly AlarmRule[];
  readonly p?: readonly string[];
  readonly checkpoints?: string;
  readonly everyTicks?: number;
  readonly every?: number;
  readonly keep?: number;
  readonly from?: string;
  readonly record?: string;
  readonly recordings?: string;
  readonly recordTopics?: readonly string[];
  readonly recordEvery?: number;
  readonly maxBytes?: number;
}

const recordingFlags = ({ recordTopics: topics, recordEvery, maxBytes }: Options): RecordingFlags => ({
  topics,
  recordEvery,
  maxBytes,
});

/** Options that say how something is done which is not done. @throws EddyError INVALID_ARGUMENT */
function refuseIdle(options: Options): void {
  const { record, recordings, recordTopics, recordEvery, maxBytes } = options;
  const given = (flags: Readonly<Record<string, unknown>>): string | undefined =>
    Object.keys(flags).find((flag) => flags[flag] !== undefined);
  const refuse = (flag: string, needed: string): never => {
    throw new EddyError("INVALID_ARGUMENT", `${flag}: needed ${needed} beside it`);
  };
  const how =
    record === undefined && given({ "--record-topics": recordTopics, "--record-every": recordEvery });
  if (how) refuse(how, "--record FOLDER");
  if (maxBytes !== undefined && record === undefined && recordings === undefined)
    refuse("--max-bytes", "--record FOLDER or --recordings FOLDER");
  if (options.headless && recordings !== undefined)
    throw new EddyError(
      "INVALID_ARGUMENT",
      "given --headless and --recordings; no client can ask a headless run to record: needed --record FOLDER",
    );
}

/** Where recordings go: that of this run, and those that clients ask for. */
function placeOf(options: Options): RecordingOptions | undefined {
  const { record, recordings: folder } = options;
  if (record !== undefined && folder !== undefined)
    throw new EddyError(
      "INVALID_ARGUMENT",
      "given --record and --recordings; they exclude each other: a run makes one recording at a time, and --record makes it to the end",
    );
  const flags = recordingFlags(options);
  if (record !== undefined) return recordingPlace(record, flags);
  if (folder === undefined) return undefined;
  // a folder that cannot be written is refused now, and not when somebody wants to record
  makeFolder(folder);
  return recordingsPlace(folder, flags);
}

/** How often a terminal is told how it stands, ms. */
const reportMs = 1000;

function parseSpeed(text: string): Speed {
  // never null itself: commander takes that for an option without a value
  if (text === "max") return { ticksPerSecond: null };
  const [, number, times] = /^([0-9.]+)(x?)$/.exec(text) ?? [];
  const value = Number(number);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError("Needed ticks a second as 500, times real time as 2x, or max.");
  }
  return times ? { times: value } : { ticksPerSecond: value };
}

function seconds(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Needed a number of seconds, as 30 or 0.5.");
}

function paceOf(speed: Speed, tickMs: number): number | null {
  return "times" in speed ? (speed.times * 1000) / tickMs : speed.ticksPerSecond;
}

/** Watches how every task does. */
async function watchMetrics(simulation: Simulation, see: (metrics: TrialMetrics) => void): Promise<void> {
  const handles = new Set<number>();
  // subscribed before the watch is asked for, so that the first trial is not missed
  simulation.frames.subscribe({
    next({ watch, payload }) {
      if (handles.has(watch)) see(payload as unknown as TrialMetrics);
    },
    // `ended` tells it
    error: () => {},
  });
  for (const task of simulation.info.tasks) {
    handles.add(await simulation.watch({ topic: `metrics/${task}`, every: 1 }));
  }
}

/** Resolves when the simulation has ended, or somebody stops it; rejects with its failure. */
function ended(simulation: Simulation, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    simulation.frames.subscribe({ complete: resolve, error: reject });
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

/** A line that is written over, on a terminal. */
function liveLine(wanted: boolean, text: () => string): { stop(): void } {
  if (!wanted || !process.stderr.isTTY) return { stop() {} };
  const timer = setInterval(() => process.stderr.write(`\r\x1b[K${text()}`), reportMs);
  return {
    stop() {
      clearInterval(timer);
      process.stderr.write("\r\x1b[K");
    },
  };
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const { ticks, headless, seed, backend, data, from, p = [] } = options;
  const seeded = seed === undefined ? p : [`seed=${seed}`, ...p];
  refuseIdle(options);
  if (headless) refuseServing(options);
  const checkpoints = checkpointOptions(options);
  const recordings = placeOf(options);
  const kept = from === undefined ? null : await keptRun(from, file);
  const value = applyOverrides(kept ?? (file === undefined ? gaborScene : readRun(file)), seeded);
  const { tickMs } = resolveRun(value);
  const speed = options.speed ?? (headless ? { ticksPerSecond: null } : { times: 1 });
  const { signal, release } = interruption();
  try {
    // it begins paused, so that whoever watches sees the first tick
    const simulation = await openLive(value, {
      backend,
      data,
      ticks: ticks ?? null,
      ticksPerSecond: paceOf(speed, tickMs),
      paused: true,
      from,
      checkpoints,
      recordings,
    });
    tellChoice(simulation.choice, options.json);
    await runLive(simulation, options, signal);
  } finally {
    release();
  }
}

/** Runs it to its end or to Ctrl-C, which may have come while the network was being built. */
async function runLive(simulation: Simulation, options: Options, signal: AbortSignal): Promise<void> {
  const { headless, json } = options;
  const tally = trialTally();
  const line = liveLine(!json, () => `tick ${simulation.status().tick}  ${tally.text()}`);
  let server: RunningServer | null = null;
  let rules: Rules | null = null;
  try {
    if (!signal.aborted) {
      if (!headless) server = await serveLive(simulation, options);
      await watchMetrics(simulation, (metrics) => {
        tally.add(metrics);
        if (json) printJson(metrics);
      });
      await watchEvents(simulation, (event) => tellEvent(event, json));
      rules = await setRules(simulation, options);
      if (options.record !== undefined)
        await startRecording(simulation, options.record, recordingFlags(options));
      await Promise.all([ended(simulation, signal), simulation.command({ kind: "resume" })]);
    }
  } finally {
    line.stop();
    await server?.close();
    await simulation.close();
  }
  const { tick } = simulation.status();
  const by = rules?.endedBy();
  const rule = by ? ` by ${by.rule}${by.value === null ? "" : ` (${by.value})`}` : "";
  if (json) printJson({ ended: true, tick, ...(by && { by }), tasks: tally.summary() });
  else print(`${signal.aborted ? "stopped" : "ended"} at tick ${tick}${rule}: ${tally.text()}`);
  if (signal.aborted) {
    note("bye");
    process.exitCode = exitCodes.interrupted;
  }
}

/** Adds `eddy run`. */
export function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("continuous operation, live: prints where to look; without a file, the built-in gabor scene")
    .argument("[file]", "run file (its schema: eddy schema)")
    .option("--ticks <n>", "end after so many ticks (default: go on until Ctrl-C)", whole(1))
    .option("--headless", "no server and no page; as fast as possible unless --speed says otherwise")
    .option("--speed <x>", "ticks a second as 500, times real time as 2x, or max (default: 1x)", parseSpeed)
    .option("--seed <n>", "seed of all randomness", whole(0))
    .option("--backend <name>", backendOption, defaultBackend)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("-p <path=value>", "set any field of the run, as -p schedule.forward=live", collect)
    .option("--checkpoints <folder>", "keep checkpoints there, the last one as it ends (Ctrl-C too)")
    .option(
      "--every-ticks <n>",
      "a checkpoint every so many ticks; in a run faster than the disk, as soon as the one before is written, at whatever tick",
      whole(1),
    )
    .option("--every <seconds>", "a checkpoint every so many seconds (default: 60)", seconds)
    .option("--keep <n>", "how many checkpoints stay, the latest (default: 3)", whole(1))
    .option("--from <checkpoint>", "go on from a checkpoint, or from the latest of a folder, bit for bit")
    .option(
      "--record <folder>",
      "record into this folder, which must not be there yet (eddy record says more)",
    )
    .option("--recordings <folder>", "clients may record into folders below this one (not beside --record)")
    .option(
      "--record-topics <names>",
      "topics with commas between them (default: states, metrics, events)",
      parseTopics,
    )
    .option("--record-every <n>", "every n-th tick of states and the like (default: 10)", whole(1))
    .option("--max-bytes <size>", "the recording ends when it has grown to this, as 1GiB", parseBytes)
    .option(
      "--stop <rule>",
      'end when a rule holds, as "accuracy gabor > 0.95 over 100"; also residual, spectralRadius, notFinite; may be repeated',
      collectRule,
    )
    .option("--alarm <rule>", "tell when a rule holds, and go on; may be repeated", collectRule)
    .option("--json", "one JSON object a trial, and one for each event")
    .action(run);
  addServingOptions(command);
}
