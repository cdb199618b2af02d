import type { Kernels } from "../kernels/kernels.js";
import { learningRules } from "../model/adjoint-propagation.js";
import { continuousNetwork } from "../streams/continuous.js";
import { endless } from "../streams/stimulus-door.js";
import { initialState } from "./open-network.js";
import { openStimuli } from "./open-stimuli.js";
import type { Run } from "./run-description.js";

const warmUpTicks = 44;
const rounds = 5;
const ticksPerRound = 88;

/**
 * Measures a tick of continuous operation, learning included.
 * @param run continuous, with stimuli that need no data
 * @returns microseconds, the least of several rounds
 */
export async function measureTick(kernels: Kernels, run: Run): Promise<number> {
  const { network, rule, schedule, batch } = run;
  const state = initialState(kernels, run);
  const ticks = schedule.kind === "continuous" ? schedule.ticks : { inference: 12, learning: 10 };
  const tasks = new Map(
    [...openStimuli(run, "")].map(([task, { training }]) => [
      task,
      { ticks, door: endless(training, batch) },
    ]),
  );
  const net = continuousNetwork(
    { kernels, network, rule: learningRules[rule], state },
    { forward: "held", tasks },
  );
  const make = async (count: number): Promise<number> => {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) net.tick();
    // a backend that only enqueues has finished when its result can be read
    for (const h of state.states.values()) await kernels.read(h);
    return ((performance.now() - startMs) * 1000) / count;
  };
  await make(warmUpTicks);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) least = Math.min(least, await make(ticksPerRound));
  net.close();
  return least;
}
