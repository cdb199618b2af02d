import type { Kernels } from "../../kernels/kernels.js";
import { type BenchOptions, quickSeconds } from "./bench-options.js";
import type { BenchResult } from "./bench-result.js";
import { dataMeasurements } from "./measure-data.js";
import { liveMeasurements } from "./measure-live.js";
import { stepMeasurements } from "./measure-steps.js";
import { sweepMeasurements } from "./measure-sweeps.js";
import type { Bench, Measurement } from "./measurement.js";
import { residentBytes } from "./memory.js";
import { fullEffort } from "./timing.js";

/** How far a bench is. */
export interface BenchProgress {
  readonly done: number;
  readonly total: number;
  /** what is measured now */
  readonly what: string;
}

const emptyResult = ({ modules, neurons, tolerance, epsilon }: BenchOptions): BenchResult => ({
  modules,
  neurons,
  iterations: [8, 8],
  tolerance,
  epsilon,
  batches: {},
  ticks: {},
  overhead: [],
  sweeps: { modules: [], sizes: [], rates: [] },
  rss_mib: 0,
  skipped: [],
});

const soonBatch = 64;

function measurements(bench: Bench): Measurement[] {
  const { batches } = bench.options;
  // the largest last: they are what a quick bench has to leave out on a slow backend
  const all = [
    ...stepMeasurements(
      bench,
      batches.filter((batch) => batch <= soonBatch),
    ),
    ...liveMeasurements(bench),
    ...sweepMeasurements(bench),
    ...stepMeasurements(
      bench,
      batches.filter((batch) => batch > soonBatch),
    ),
    ...dataMeasurements(bench),
  ];
  return all.filter(({ part }) => bench.options.parts.includes(part));
}

/**
 * Measures a backend through the public streams.
 * @param tell hears of each measurement before it begins
 * @param signal ends the bench after the measurement that is under way
 * @throws EddyError DATA_MISSING when a part needs data that are not there
 */
export async function runBench(
  kernels: Kernels,
  options: BenchOptions,
  tell: (progress: BenchProgress) => void,
  signal?: AbortSignal,
): Promise<BenchResult> {
  const deadlineMs = options.quick ? performance.now() + quickSeconds * 1000 : Number.POSITIVE_INFINITY;
  const full = fullEffort(options.seconds);
  const effort = options.quick ? { ...full, warmUps: 1, runs: 2, deadlineMs } : full;
  const bench: Bench = { kernels, options, result: emptyResult(options), effort };
  const planned = measurements(bench);
  for (const [done, { what, estimate, run }] of planned.entries()) {
    if (signal?.aborted) break;
    tell({ done, total: planned.length, what });
    const endMs = performance.now() + (estimate?.() ?? 0) * 1000;
    if (endMs > deadlineMs) bench.result.skipped.push(`${what}: too long for a quick bench`);
    else await run((part) => tell({ done: done + part, total: planned.length, what }), signal);
  }
  bench.result.rss_mib = Math.round(residentBytes() / 2 ** 20);
  return bench.result;
}
