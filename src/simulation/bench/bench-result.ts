import { z } from "zod";

const timing = z.strictObject({
  min_ms: z.number().positive(),
  median_ms: z.number().positive(),
  runs: z.int().min(1),
});

const tickRate = z.strictObject({
  ticks_per_s: z.number().positive(),
  median_ticks_per_s: z.number().positive(),
  tick_us: z.number().positive(),
  rounds: z.int().min(1),
});

const batch = z.strictObject({
  infer: timing.optional(),
  learn: timing.optional(),
  ticks_per_s: z.number().positive().optional().describe("continuous operation, learning; batch 1"),
});

const iterationCost = z.strictObject({
  neurons: z.int(),
  connections: z.int(),
  batch: z.int(),
  us_per_iteration: z.number(),
  ns_per_connection: z.number().describe("and stimulus"),
  bytes_per_connection: z.number().nullable().describe("null: not measured"),
});

/** What `eddy bench` measured: the fields of the baselines, with their names, and more. */
export const benchResultSchema = z.strictObject({
  modules: z.int(),
  neurons: z.int(),
  iterations: z.tuple([z.int(), z.int()]),
  tolerance: z.number().nullable().describe("of phases; null: all iterations"),
  epsilon: z.number().nullable().describe("of event-driven propagation; null: full products"),
  batches: z.record(z.string(), batch),
  ticks: z
    .strictObject({ learning: tickRate.optional(), resting: tickRate.optional() })
    .describe("two-alternative forced choice, one stimulus at a time, 8 + 8 ticks a trial"),
  overhead: z.array(
    z.strictObject({
      modules: z.int(),
      neurons: z.int(),
      tick_us: z.number(),
      kernels_us: z.number(),
      us_per_module_and_tick: z.number(),
    }),
  ),
  sweeps: z.strictObject({
    modules: z.array(tickRate.extend({ modules: z.int(), neurons: z.int(), rss_mib: z.number() })),
    sizes: z.array(iterationCost),
    rates: z.array(iterationCost),
  }),
  epoch: z
    .strictObject({
      seconds: z.number(),
      batch: z.int(),
      learning_steps: z.int(),
      inferences: z.int(),
      train_loss: z.number(),
      test_accuracy: z.number().nullable(),
      mean_iterations: z.record(z.string(), z.number()).nullable(),
    })
    .optional(),
  decisions: z
    .strictObject({
      epochs: z.int(),
      images: z.int(),
      exact_accuracy: z.number(),
      approximations: z.array(
        z.strictObject({
          tolerance: z.number().nullable(),
          epsilon: z.number().nullable(),
          different: z.int(),
          accuracy: z.number(),
          exact_ms: z.number(),
          approximate_ms: z.number(),
        }),
      ),
    })
    .optional(),
  rss_mib: z.number(),
  skipped: z.array(z.string()),
});

export type BenchResult = z.output<typeof benchResultSchema>;
