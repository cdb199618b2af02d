import { drawnOnce } from "./bench-network.js";
import { chainRun } from "./bench-runs.js";
import type { Bench, Measurement } from "./measurement.js";
import { trialSteps } from "./trial-steps.js";

/** A learning step is two phases and the optimiser. */
const learningPerInference = 2;

/** Inference and learning step at each of these sizes of the batch. */
export function stepMeasurements(
  { kernels, options, result, effort }: Bench,
  batches: readonly number[],
): Measurement[] {
  const run = chainRun(options.modules, options.neurons, options);
  const weights = drawnOnce();
  /** Seconds of one inference, reckoned from the largest batch so far. */
  const inferenceSeconds = (batch: number): number => {
    const known = Object.entries(result.batches).at(-1);
    return known?.[1].infer ? (known[1].infer.min_ms / 1000) * (batch / Number(known[0])) : 0;
  };
  return batches.flatMap((batch) => {
    const measure = (what: "infer" | "learn"): Measurement => ({
      part: "steps",
      what: `${what === "infer" ? "inference" : "learning step"}, batch ${batch}`,
      estimate: () => inferenceSeconds(batch) * (what === "infer" ? 1 : learningPerInference),
      async run() {
        const steps = trialSteps(kernels, run, weights(run), batch);
        const timing = await steps[what](effort).finally(steps.close);
        result.batches[batch] = { ...result.batches[batch], [what]: timing };
      },
    });
    return [measure("infer"), measure("learn")];
  });
}
