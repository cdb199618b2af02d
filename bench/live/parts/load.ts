import { type ClientsProcess, pause, type ServerProcess, startClients, startServer } from "./processes.js";

/** Units of a state of 10 kB: 2,500 float32 values. */
const UNITS = 2500;
const FRAMES_PER_SECOND = 20;
const WARM_UP_MS = 2000;
const ROUNDS = 3;

/** Modules whose states are 10 kB each, learning a stream of gratings. */
export const run = (modules: number) => ({
  name: "load",
  network: { preset: "chain", modules, neurons: UNITS, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 1,
  schedule: { kind: "continuous", ticks: { inference: 12, learning: 10 } },
  stimuli: { gabor: { source: "gabor" } },
});

/** Sets the pace that takes half a core beside whatever else goes on, 1,000 ticks a second (real time) at most. */
async function takeHalfCore(server: ServerProcess): Promise<number> {
  let ticksPerSecond = 250;
  // a pace changes what others leave of the cores, and with it what a tick costs
  for (let round = 0; round < ROUNDS; round += 1) {
    server.speed(ticksPerSecond);
    const before = await server.stands();
    await pause(WARM_UP_MS);
    const after = await server.stands();
    const tickSeconds = (after.tickSeconds - before.tickSeconds) / (after.ticks - before.ticks);
    ticksPerSecond = Math.round(Math.min(1000, 0.5 / tickSeconds));
  }
  server.speed(ticksPerSecond);
  return ticksPerSecond;
}

/** What a load showed. */
export interface LoadFigures {
  readonly clients: number;
  readonly stalled: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly frames: number;
  /** frames that a reader did not get */
  readonly lost: number;
  readonly gaps: number;
  readonly ended: number;
  readonly ticksPerSecond: number;
  /** of a core, spent in ticks */
  readonly core: number;
  readonly latePercent: number;
  readonly rssGrownMiB: number;
}

export interface LoadOptions {
  readonly clients: number;
  readonly stalled: number;
  readonly seconds: number;
  /** the more, the fewer ticks a second take half a core */
  readonly modules: number;
}

const quantile = (sorted: readonly number[], at: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;

/**
 * How long frames took, from the moment at which their tick was due to their arrival. Ticks are due at a fixed pace; the
 * fastest frame of all says when the first was.
 */
function latencies(
  arrivals: Awaited<ReturnType<ClientsProcess["end"]>>["arrivals"],
  periodMs: number,
): number[] {
  const delays = arrivals.flatMap(({ tick, atMs }) => atMs.map((at) => at - tick * periodMs));
  const fastest = delays.reduce((least, delay) => Math.min(least, delay), Number.POSITIVE_INFINITY);
  return delays.map((delay) => delay - fastest).sort((a, b) => a - b);
}

/** Measures how frames of 10 kB, 20 a second, reach so many clients beside a simulation that takes half a core. */
export async function measureLoad({ clients, stalled, seconds, modules }: LoadOptions): Promise<LoadFigures> {
  const server = await startServer({ run: run(modules), ticksPerSecond: 100, threads: 1 });
  try {
    const { port, token } = server.started;
    const subscription = { topic: "state/m1", hzMax: FRAMES_PER_SECOND };
    const some = await startClients({ port, token, clients, subscription, stalled });
    const ticksPerSecond = await takeHalfCore(server);
    await pause(WARM_UP_MS);
    const before = await server.stands();
    some.measure();
    await pause(seconds * 1000);
    const after = await server.stands();
    const seen = await some.end();
    const delays = latencies(seen.arrivals, 1000 / ticksPerSecond);
    const ticks = after.ticks - before.ticks;
    return {
      clients,
      stalled,
      p50Ms: quantile(delays, 0.5),
      p99Ms: quantile(delays, 0.99),
      frames: delays.length,
      lost: seen.dropped,
      gaps: seen.gaps,
      ended: seen.ended,
      ticksPerSecond,
      core: (after.tickSeconds - before.tickSeconds) / seconds,
      latePercent: (100 * (after.lateTicks - before.lateTicks)) / ticks,
      rssGrownMiB: (after.rssBytes - before.rssBytes) / 2 ** 20,
    };
  } finally {
    await server.end();
  }
}

/** The figures as a line for people. */
export const figureText = (figures: LoadFigures): string =>
  `${figures.clients} clients (${figures.stalled} stalled) x 10 kB x 20 Hz: p50 ${figures.p50Ms.toFixed(1)} ms, p99 ${figures.p99Ms.toFixed(1)} ms, ` +
  `${figures.frames} frames, ${figures.lost} dropped, ${figures.gaps} undetected gaps, ${figures.ended} readers cut off; ` +
  `simulation at ${figures.ticksPerSecond} ticks/s (${(100 * figures.core).toFixed(0)} % of a core): ${figures.latePercent.toFixed(2)} % late; ` +
  `server's memory ${figures.rssGrownMiB >= 0 ? "+" : ""}${figures.rssGrownMiB.toFixed(1)} MiB`;
