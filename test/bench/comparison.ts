import type { Measured } from "../../bench/measured.js";
import { comparisonRows, type SystemRounds } from "../../bench/ratios.js";

const timing = (min_ms: number, median_ms: number) => ({ min_ms, median_ms, runs: 5 });

const round = (batches: Measured["batches"], more: Partial<Measured> = {}): Measured => ({
  batches,
  ...more,
});

/** Two baselines and two systems of ours in two rounds, in numbers that can be reckoned by head. */
export const systems: readonly SystemRounds[] = [
  {
    system: "jax",
    baseline: true,
    rounds: [
      round({ 1: { infer: timing(2, 3), learn: timing(4, 8), ticks_per_s: 4000 } }),
      round({ 500: { infer: timing(100, 110), learn: timing(200, 220) } }),
      round({ 1: { infer: timing(1, 4), learn: timing(5, 16), ticks_per_s: 3200 } }),
    ],
  },
  {
    system: "torch",
    baseline: true,
    rounds: [
      round({ 1: { infer: timing(3, 3), learn: timing(8, 8), ticks_per_s: 2000 } }),
      round({ 500: { infer: timing(50, 120), learn: timing(100, 240) } }),
    ],
  },
  {
    system: "simd",
    baseline: false,
    rounds: [
      round(
        { 1: { infer: timing(0.5, 1), learn: timing(2, 2), ticks_per_s: 6000 } },
        {
          ticks: {
            learning: { ticks_per_s: 6000, median_ticks_per_s: 5000 },
            resting: { ticks_per_s: 40_000, median_ticks_per_s: 30_000 },
          },
        },
      ),
      round({ 500: { infer: timing(25, 30), learn: timing(40, 44) } }),
      round({}, { epoch: { seconds: 5.2, learning_steps: 120, inferences: 20, test_accuracy: 67 } }),
    ],
  },
  {
    system: "<slow & odd>",
    baseline: false,
    rounds: [round({ 1: { infer: timing(10, 12), learn: timing(20, 24) } })],
  },
];

export const rows = comparisonRows(systems, [1, 500]);

/** What bench/compare would write. */
export const comparison = {
  date: "2026-03-04T05:06:07.000Z",
  command: "bench/compare",
  machine: { cpu: "Some CPU", cores: 2 },
  versions: { eddy: "0.1.0", jax: "0.10.0" },
  modules: 2,
  neurons: 1024,
  rounds: 2,
  seconds: 1,
  rows,
  left_out: [],
};
