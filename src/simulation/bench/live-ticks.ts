import { invariant } from "../../errors.js";
import type { Kernels } from "../../kernels/kernels.js";
import type { Weights } from "../../model/initial-weights.js";
import type { ContinuousNetwork } from "../../streams/continuous.js";
import type { Run } from "../run-description.js";
import { finished, liveNetwork } from "./bench-network.js";
import { type Effort, type Timing, timed } from "./timing.js";

/** Ticks of continuous operation. */
export interface TickRate {
  /** from the fastest round, as the baselines reckon it */
  readonly ticks_per_s: number;
  readonly median_ticks_per_s: number;
  /** a tick, microseconds: the fastest round's */
  readonly tick_us: number;
  readonly rounds: number;
}

/**
 * Ticks until a network at rest does no more than rest: at a spectral radius of 0.25 six iterations settle. Whole trials,
 * so that a round begins with one.
 */
const ticksToSettle = 64;

/** A round is a trial, as the baselines' is a learning step; of one without end so many ticks. */
const longestRoundTicks = 128;

/** Makes ticks and waits for the last. */
export async function makeTicks(net: ContinuousNetwork, count: number): Promise<void> {
  for (let i = 0; i < count; i++) net.tick();
  const newest = [...net.state.states.values()].at(-1);
  if (newest) await finished(net.kernels, newest);
}

const rate = ({ min_ms, median_ms, runs }: Timing): TickRate => ({
  ticks_per_s: Math.round(1000 / min_ms),
  median_ticks_per_s: Math.round(1000 / median_ms),
  tick_us: Math.round(min_ms * 1e5) / 100,
  rounds: runs,
});

/**
 * Measures ticks through the modules, pathways and tasks of the streams, nobody watching.
 * @param run continuous, with stimuli that need no data
 * @param weights the run's, as drawn
 */
export async function liveTicks(
  kernels: Kernels,
  run: Run,
  weights: Weights,
  effort: Effort,
): Promise<TickRate> {
  const { schedule } = run;
  invariant(schedule.kind === "continuous", "ticks are of continuous operation");
  const trialTicks = schedule.ticks.inference + schedule.ticks.learning;
  const count = Math.min(trialTicks, longestRoundTicks);
  const net = liveNetwork(kernels, run, weights);
  try {
    await makeTicks(net, ticksToSettle);
    return rate(await timed(() => makeTicks(net, count), effort, count));
  } finally {
    net.close();
  }
}
