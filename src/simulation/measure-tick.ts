import type { Kernels } from "../kernels/kernels.js";
import { initialWeights } from "../model/initial-weights.js";
import { liveTicks } from "./bench/live-ticks.js";
import type { Run } from "./run-description.js";

/** So long that threads have joined and code is compiled, where ticks are quick; where they are slow, a few rounds. */
const effort = { seconds: 0.4, warmUps: 0, runs: 5, deadlineMs: Number.POSITIVE_INFINITY };

/**
 * Measures a tick of continuous operation, learning included.
 * @param run continuous, with stimuli that need no data
 * @returns microseconds, the least of several rounds
 */
export async function measureTick(kernels: Kernels, run: Run): Promise<number> {
  const { tick_us } = await liveTicks(kernels, run, initialWeights(run.network, run.seed), effort);
  return tick_us;
}
