import { drawnOnce } from "./bench-network.js";
import { gaborRun, learningTicks, restingTicks, restlessRadius } from "./bench-runs.js";
import { hostOverhead } from "./host-overhead.js";
import { liveTicks } from "./live-ticks.js";
import type { Bench, Measurement } from "./measurement.js";

/** Modules so small that their kernels cost less than what the host adds. */
const smallNeurons = 64;

/** Ticks of continuous operation, and what the host adds to them. */
export function liveMeasurements({ kernels, options, result, effort }: Bench): Measurement[] {
  const { modules, neurons } = options;
  const weights = drawnOnce();
  const ticks = (name: "learning" | "resting"): Measurement => ({
    part: "ticks",
    what: name === "learning" ? "ticks, learning" : "ticks, the stimulus rests",
    async run() {
      const run = gaborRun(modules, neurons, name === "learning" ? learningTicks : restingTicks, options);
      const rate = await liveTicks(kernels, run, weights(run), effort);
      result.ticks[name] = rate;
      if (name === "learning")
        result.batches["1"] = { ...result.batches["1"], ticks_per_s: rate.ticks_per_s };
    },
  });
  const overhead = (size: number): Measurement => ({
    part: "overhead",
    what: `host overhead, ${size} neurons`,
    async run() {
      // what rests is left out by the streams, so these modules never do
      const run = gaborRun(modules, size, restingTicks, options, restlessRadius);
      result.overhead.push(await hostOverhead(kernels, run, weights(run), effort));
    },
  });
  return [ticks("learning"), ticks("resting"), overhead(neurons), overhead(smallNeurons)];
}
