import { z } from "zod";

const timing = z.object({ min_ms: z.number(), median_ms: z.number(), runs: z.int() });
const tickRate = z.object({ ticks_per_s: z.number(), median_ticks_per_s: z.number() });

/** One run of a baseline or of `eddy bench`: the fields that all of them print; others are left out. */
export const measuredSchema = z.object({
  eddy: z.string().optional(),
  jax: z.string().optional(),
  torch: z.string().optional(),
  node: z.string().optional(),
  backend: z.string().optional(),
  device: z.string().optional(),
  threads: z.int().optional(),
  machine: z.record(z.string(), z.unknown()).optional(),
  batches: z.record(
    z.string(),
    z.object({
      infer: timing.optional(),
      learn: timing.optional(),
      ticks_per_s: z.number().optional(),
    }),
  ),
  ticks: z.object({ learning: tickRate.optional(), resting: tickRate.optional() }).optional(),
  epoch: z
    .object({
      seconds: z.number(),
      learning_steps: z.int(),
      inferences: z.int(),
      test_accuracy: z.number().nullable(),
    })
    .optional(),
});

export type Measured = z.output<typeof measuredSchema>;

/** A figure of one system in one row of the comparison, over all rounds. */
const figure = z.strictObject({
  system: z.string(),
  baseline: z.boolean(),
  /** the best of all rounds: milliseconds, or ticks a second */
  best: z.number(),
  /** the median of the rounds' medians */
  median: z.number(),
  /** how many times as fast as the faster baseline, by the best */
  ratio: z.number().nullable(),
  median_ratio: z.number().nullable(),
});

const row = z.strictObject({
  row: z.string(),
  unit: z.enum(["ms", "ticks/s", "s"]),
  figures: z.array(figure),
});

/** What `bench/compare` writes, and the plot shows. */
export const comparisonSchema = z.strictObject({
  date: z.string(),
  command: z.string(),
  machine: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
  modules: z.int(),
  neurons: z.int(),
  rounds: z.int(),
  seconds: z.number(),
  rows: z.array(row),
  left_out: z.array(z.string()),
});

export type Figure = z.output<typeof figure>;
export type Row = z.output<typeof row>;
export type Comparison = z.output<typeof comparisonSchema>;
