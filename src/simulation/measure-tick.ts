import type { Kernels } from "../kernels/kernels.js";
import { learningRules } from "../model/adjoint-propagation.js";
import { openNetwork } from "./open-network.js";
import { endlessDoors, openStimuli } from "./open-stimuli.js";
import type { Run } from "./run-description.js";

const warmUpTicks = 44;
const leastRounds = 5;
/** so long that threads have joined and code is compiled, where ticks are quick */
const leastMs = 400;
const ticksPerRound = 88;

/**
 * Measures a tick of continuous operation, learning included.
 * @param run continuous, with stimuli that need no data
 * @returns microseconds, the least of several rounds
 */
export async function measureTick(kernels: Kernels, run: Run): Promise<number> {
  const net = openNetwork(kernels, run, endlessDoors(run, openStimuli(run, "")), learningRules[run.rule]);
  const make = async (count: number): Promise<number> => {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) net.tick();
    // a backend that only enqueues has finished when its result can be read
    for (const h of net.state.states.values()) await kernels.read(h);
    return ((performance.now() - startMs) * 1000) / count;
  };
  await make(warmUpTicks);
  let least = Number.POSITIVE_INFINITY;
  const startMs = performance.now();
  for (let i = 0; i < leastRounds || performance.now() - startMs < leastMs; i++) {
    least = Math.min(least, await make(ticksPerRound));
  }
  net.close();
  return least;
}
