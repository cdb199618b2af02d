import type { Kernels } from "../../kernels/kernels.js";
import { drawnOnce } from "./bench-network.js";
import { connectionsPerNeuron, sweepCases } from "./bench-options.js";
import type { BenchResult } from "./bench-result.js";
import { gaborRun, learningTicks } from "./bench-runs.js";
import { liveTicks } from "./live-ticks.js";
import { matrixBytes } from "./matrix-bytes.js";
import type { Bench, Measurement } from "./measurement.js";
import { hasRoomFor, residentBytes } from "./memory.js";
import { type BenchMatrix, benchWeights, iterationCost, iterationsPerRun } from "./sparse-module.js";

/** A figure of a sweep is one of many: what would take longer than this is left out. */
const longestSeconds = 20;

/** What was drawn goes with this call: the matrix is the only copy. */
function benchMatrix(kernels: Kernels, neurons: number, connectionRate: number): BenchMatrix {
  const weights = benchWeights(neurons, connectionRate);
  return { matrix: kernels.matrix(weights), connections: weights.values.length };
}

/** Cost of an iteration and memory of a module, by its size and its connections. */
async function moduleCosts(
  { kernels, effort, result, options }: Bench,
  neurons: number,
  connectionRate: number,
  memory: boolean,
): Promise<BenchResult["sweeps"]["sizes"]> {
  // in a process of its own, and before this one takes memory
  const bytes_per_connection = memory ? await matrixBytes(kernels.name, neurons, connectionRate) : null;
  const { matrix, connections } = benchMatrix(kernels, neurons, connectionRate);
  // the threads of a backend join, and fall asleep between calls: the least of several runs has them awake
  const brief = { ...effort, warmUps: 4, runs: 12 };
  const costs: BenchResult["sweeps"]["sizes"] = [];
  try {
    let perStimulusUs = 0;
    for (const batch of sweepCases(options.quick).batches) {
      const seconds = (perStimulusUs / 1e6) * batch * iterationsPerRun * (brief.warmUps + brief.runs);
      if (seconds > longestSeconds) {
        result.skipped.push(`iterations of ${neurons} neurons at batch ${batch}: ${Math.round(seconds)} s`);
        continue;
      }
      const cost = await iterationCost(kernels, { matrix, connections }, batch, brief);
      perStimulusUs = cost.us_per_iteration / batch;
      costs.push({ ...cost, bytes_per_connection });
    }
    return costs;
  } finally {
    kernels.dispose(matrix);
  }
}

/** How cost and memory grow with modules, neurons and connections. */
export function sweepMeasurements(bench: Bench): Measurement[] {
  const { kernels, options, result, effort } = bench;
  const cases = sweepCases(options.quick);
  return [
    ...cases.modules.map(
      (modules): Measurement => ({
        part: "modules",
        what: `ticks of ${modules} modules`,
        async run() {
          const run = gaborRun(modules, cases.moduleNeurons, learningTicks, options);
          const rate = await liveTicks(kernels, run, drawnOnce()(run), effort);
          const rss_mib = Math.round(residentBytes() / 2 ** 20);
          result.sweeps.modules.push({ modules, neurons: cases.moduleNeurons, ...rate, rss_mib });
        },
      }),
    ),
    ...cases.sizes.map(
      (neurons): Measurement => ({
        part: "sizes",
        what: `iterations of ${neurons} neurons`,
        async run() {
          if (!hasRoomFor(kernels.name, neurons)) {
            result.skipped.push(`iterations of ${neurons} neurons: too little memory is free`);
            return;
          }
          const rate = connectionsPerNeuron / neurons;
          result.sweeps.sizes.push(...(await moduleCosts(bench, neurons, rate, true)));
        },
      }),
    ),
    ...cases.rates.map(
      (rate): Measurement => ({
        part: "rates",
        what: `iterations at connection rate ${rate}`,
        async run() {
          const costs = await moduleCosts(bench, cases.rateNeurons, rate, !options.quick);
          result.sweeps.rates.push(...costs);
        },
      }),
    ),
  ];
}
