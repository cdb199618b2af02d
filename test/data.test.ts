import { describe, expect, it } from "vitest";
import type { TrialMetrics } from "../src/cli/trial-tally.js";
import { openKernels } from "../src/kernels/backends.js";
import type { RunInput } from "../src/simulation/run-description.js";
import { simulate } from "../src/simulation/simulate.js";
import { trainingOf, trainOn } from "./simulation/small-runs.js";

const data = process.env.EDDY_DATA ?? "";

/** The reference settings of the papers, but for smaller modules, fewer images and smaller batches. */
const imagesOf = (task: "mnist" | "fashion-mnist"): RunInput => ({
  network: { preset: "chain", neurons: 256, task },
  rule: "STE",
  batch: 50,
  optimiser: { kind: "adam", learningRate: 3e-3 },
  schedule: { kind: "phased", epochs: 2 },
  stimuli: { [task]: { source: task, limit: 4000 } },
});

/** Four modules, both tasks at once; one's error passes through the other's modules. */
const twoAtOnce: RunInput = {
  network: { preset: "shared-feedback", neurons: 192 },
  batch: 32,
  optimiser: { kind: "adam", learningRate: 3e-3 },
  schedule: {
    kind: "continuous",
    ticks: { inference: 12, learning: 10 },
    clocks: { mnist: { inference: 16, learning: 8 } },
  },
  stimuli: { "fashion-mnist": { source: "fashion-mnist" }, mnist: { source: "mnist" } },
};

describe.skipIf(data === "")("on the published images in EDDY_DATA", { timeout: 180_000 }, () => {
  it.each([
    ["mnist", 65],
    ["fashion-mnist", 55],
  ] as const)("%s is learned far above chance by a few images and small modules", async (task, over) => {
    const kernels = await openKernels("wasm");
    const training = trainingOf(kernels, imagesOf(task), data);
    const { epochs } = await trainOn(training);
    const [first, second] = epochs.map((results) => results[task]);
    expect(second.trainLoss).toBeLessThan(first.trainLoss!);
    expect(second.testAccuracy).toBeGreaterThan(over);
    training.close();
    kernels.close();
  });

  it("two tasks at once, each by its own clock, are both learned", async () => {
    const simulation = await simulate(twoAtOnce, { data, paused: true, ticks: 6000 });
    const results: Record<string, TrialMetrics[]> = { mnist: [], "fashion-mnist": [] };
    const ended = new Promise<void>((resolve, reject) => {
      simulation.frames.subscribe({
        next({ payload }) {
          const metrics = payload as unknown as TrialMetrics;
          results[metrics.task].push(metrics);
        },
        complete: resolve,
        error: reject,
      });
    });
    for (const task of simulation.info.tasks) await simulation.watch({ topic: `metrics/${task}`, every: 1 });
    await simulation.command({ kind: "resume" });
    await ended;
    const mean = (trials: readonly TrialMetrics[], field: "accuracy" | "loss") =>
      trials.reduce((sum, metrics) => sum + (metrics[field] ?? 0), 0) / trials.length;
    for (const trials of Object.values(results)) {
      expect(trials.length).toBeGreaterThan(150);
      expect(mean(trials.slice(-50), "loss")).toBeLessThan(mean(trials.slice(0, 50), "loss"));
      expect(mean(trials.slice(-50), "accuracy")).toBeGreaterThan(0.4);
    }
  });
});
