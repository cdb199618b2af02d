import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError } from "commander";
import { defaultBackend } from "../kernels/backends.js";
import { serve } from "../server/server.js";
import { gaborScene } from "../simulation/built-in-runs.js";
import { openSimulation } from "../simulation/open-simulation.js";
import { resolveRun } from "../simulation/run-description.js";
import type { Simulation } from "../simulation/simulation.js";
import { exitCodes } from "./exit-codes.js";
import { interruption } from "./interruption.js";
import { applyOverrides, backendOption, collect, readRun, tellChoice, whole } from "./options.js";
import { note, print, printJson } from "./terminal.js";
import { type TrialMetrics, trialTally } from "./trial-tally.js";

/** times real time, or ticks a second; null: as fast as possible */
type Speed = { readonly times: number } | { readonly ticksPerSecond: number | null };

interface Options {
  readonly ticks?: number;
  readonly headless?: boolean;
  readonly port?: number;
  readonly host: string;
  readonly speed?: Speed;
  readonly seed?: number;
  readonly backend: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly p?: readonly string[];
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

async function serveDashboard(simulation: Simulation, { host, port, json }: Options) {
  const server = await serve({
    simulation,
    host,
    port,
    assets: fileURLToPath(new URL("../dashboard", import.meta.url)),
  });
  if (json) printJson({ url: server.url });
  else print(`${simulation.info.name}: look at ${server.url}`);
  return server;
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const { ticks, headless, seed, backend, data, p = [] } = options;
  const seeded = seed === undefined ? p : [`seed=${seed}`, ...p];
  const value = applyOverrides(file === undefined ? gaborScene : readRun(file), seeded);
  const { tickMs } = resolveRun(value);
  const speed = options.speed ?? (headless ? { ticksPerSecond: null } : { times: 1 });
  const { signal, release } = interruption();
  try {
    // it begins paused, so that whoever watches sees the first tick
    const simulation = await openSimulation(value, {
      backend,
      data,
      ticks: ticks ?? null,
      ticksPerSecond: paceOf(speed, tickMs),
      paused: true,
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
  let server: Awaited<ReturnType<typeof serveDashboard>> | null = null;
  try {
    if (!signal.aborted) {
      if (!headless) server = await serveDashboard(simulation, options);
      await watchMetrics(simulation, (metrics) => {
        tally.add(metrics);
        if (json) printJson(metrics);
      });
      await Promise.all([ended(simulation, signal), simulation.command({ kind: "resume" })]);
    }
  } finally {
    line.stop();
    await server?.close();
    await simulation.close();
  }
  const { tick } = simulation.status();
  if (json) printJson({ ended: true, tick, tasks: tally.summary() });
  else print(`${signal.aborted ? "stopped" : "ended"} at tick ${tick}: ${tally.text()}`);
  if (signal.aborted) {
    note("bye");
    process.exitCode = exitCodes.interrupted;
  }
}

/** Adds `eddy run`. */
export function addRun(program: Command): void {
  program
    .command("run")
    .description("continuous operation, live: prints where to look; without a file, the built-in gabor scene")
    .argument("[file]", "run file (its schema: eddy schema)")
    .option("--ticks <n>", "end after so many ticks (default: go on until Ctrl-C)", whole(1))
    .option("--headless", "no server and no page; as fast as possible unless --speed says otherwise")
    .option("--port <n>", "port of the page (default: a free one)", whole(0, 65_535))
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--speed <x>", "ticks a second as 500, times real time as 2x, or max (default: 1x)", parseSpeed)
    .option("--seed <n>", "seed of all randomness", whole(0))
    .option("--backend <name>", backendOption, defaultBackend)
    .option("--data <folder>", "where data sets are (default: EDDY_DATA, else the user's cache folder)")
    .option("-p <path=value>", "set any field of the run, as -p schedule.forward=live", collect)
    .option("--json", "one JSON object a trial")
    .action(run);
}
