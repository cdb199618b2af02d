import { z } from "zod";
import { eventDrivenSchema } from "../model/change-propagation.js";
import { expandNetwork, networkOrPreset } from "../model/expand-network.js";
import { runsContinuously } from "../model/learning-rule.js";
import { ruleNames, ruleOf } from "../model/learning-rules.js";
import type { Network } from "../model/network.js";
import { optimiserSchema } from "../model/optimiser.js";
import { resolveNetwork } from "../model/resolve-network.js";
import { invalid, strictObject, validate } from "../model/validate.js";
import { imageSetNames } from "../streams/tasks/image-set.js";

const ticks = strictObject({
  inference: z.int().min(1).max(1_000_000).default(12),
  learning: z.int().min(1).max(1_000_000).default(10),
});

const phased = strictObject({
  kind: z.literal("phased"),
  epochs: z.int().min(0).max(1_000_000).default(10),
  tasks: z
    .enum(["simultaneous", "alternating", "sequential"])
    .default("simultaneous")
    .describe(
      "several tasks: all in every trial; an epoch of each in turn; or all epochs of one, then all of the next (in the order of network.tasks). One at a time, each has its own configuration",
    ),
});

const continuous = strictObject({
  kind: z.literal("continuous"),
  forward: z
    .enum(["held", "live"])
    .default("held")
    .describe("what forward pathways carry while errors are on their way"),
  ticks: ticks.default({ inference: 12, learning: 10 }).describe("ticks of each phase"),
  settling: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(8)
    .describe(
      "ticks that a stimulus needs to settle: so long another task's error waits where it would meet it",
    ),
  clocks: z.record(z.string(), ticks).default({}).describe("other ticks, by task"),
});

/** Where a task's stimuli come from. */
export const stimuliSchema = z.discriminatedUnion("source", [
  strictObject({
    source: z.literal("gabor"),
    noise: z.number().min(0).max(1000).default(0.2).describe("standard deviation of the pixel noise"),
    angle: z.number().min(0).max(90).default(6).describe("degrees from vertical"),
    jitter: z.number().min(0).max(90).default(0.5).describe("standard deviation of the angle, degrees"),
    trainingImages: z.int().min(1).optional().describe("default: new ones without end"),
    testImages: z.int().min(1).default(400),
  }),
  strictObject({
    source: z.literal("client"),
    late: z
      .enum(["wait", "goOn"])
      .default("wait")
      .describe("whether the clock waits for the client's next stimulus"),
    timeoutMs: z
      .number()
      .min(1)
      .max(3_600_000)
      .default(1000)
      .describe("so long it waits, and the client has, until it is late"),
  }).describe("stimuli and targets are a client's, which is given the network's outputs"),
  ...imageSetNames.map((name) =>
    strictObject({
      source: z.literal(name),
      limit: z.int().min(1).optional().describe("only the first so many images of each half"),
    }),
  ),
]);

export type StimuliDescription = z.output<typeof stimuliSchema>;

const runFields = {
  name: z.string().min(1).max(200).default("run"),
  rule: z
    .enum(ruleNames)
    .default("EPE")
    .describe(
      "STE and EPE are adjoint propagation, BP backpropagation, FA feedback alignment, EP equilibrium propagation",
    ),
  derivative: z
    .boolean()
    .default(false)
    .describe(
      "STE and EPE: updates keep the derivative of the activation (eq. S8); errors travel without it",
    ),
  beta: z.number().min(0).max(1000).default(1),
  iterations: strictObject({
    inference: z.int().min(0).max(100_000).default(8),
    learning: z.int().min(0).max(100_000).default(8),
    tolerance: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("a phase of a module ends early when no unit changes by more than this; default: never"),
  })
    .default({ inference: 8, learning: 8 })
    .describe("phased operation"),
  propagation: eventDrivenSchema
    .optional()
    .describe("recurrent connections carry changes only; default: everything in every iteration"),
  optimiser: optimiserSchema.default({
    kind: "adam",
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  }),
  seed: z.int().min(0).default(1),
  batch: z.int().min(1).max(100_000).default(500).describe("stimuli at once"),
  schedule: z
    .discriminatedUnion("kind", [phased, continuous])
    .default({ kind: "phased", epochs: 10, tasks: "simultaneous" }),
  stimuli: z.record(z.string(), stimuliSchema).default({}).describe("by task of the network"),
  tickMs: z.number().positive().default(1).describe("milliseconds that a tick stands for; for axes and logs"),
};

/** A run file. */
export const runSchema = strictObject({ ...runFields, network: networkOrPreset });

/** A run file as a user writes it. */
export type RunInput = z.input<typeof runSchema>;

/** A validated run: what a checkpoint repeats, and what makes results reproducible. */
export interface Run extends Omit<z.output<typeof runSchema>, "network"> {
  readonly network: Network;
}

/** The network is looked at by itself, so that its messages start there. */
const checkedFields = strictObject({ ...runFields, network: z.unknown().optional() });

function checkStimuli(network: Network, stimuli: Run["stimuli"], own: ReadonlySet<string>): void {
  const tasks = [...network.tasks.keys()];
  for (const name of Object.keys(stimuli)) {
    if (!network.tasks.has(name))
      throw invalid("stimuli", name, `a task of the network: ${tasks.join(", ") || "none"}`);
  }
  if (tasks.length === 0) throw invalid("network.tasks", {}, "one task or more, for a run to learn");
  for (const task of tasks) {
    if (!Object.hasOwn(stimuli, task) && !own.has(task))
      throw invalid(
        `stimuli.${task}`,
        undefined,
        `where the stimuli of this task come from, as {"source": "mnist"}`,
      );
  }
}

/** Refuses what one of the two ways of operation could not heed. */
function checkOperation({ schedule, iterations, network, rule, stimuli }: Run): void {
  if (schedule.kind !== "continuous") {
    const [asking] = Object.entries(stimuli).find(([, { source }]) => source === "client") ?? [];
    if (asking === undefined) return;
    throw invalid(
      `stimuli.${asking}.source`,
      "client",
      'a source that is no client, or "schedule": {"kind": "continuous"}, in which clients take part',
    );
  }
  const { tolerance } = iterations;
  if (tolerance !== undefined) {
    throw invalid(
      "run.iterations.tolerance",
      tolerance,
      "none: in continuous operation phases last as many ticks as schedule.ticks says",
    );
  }
  const { clocks } = schedule;
  for (const name of Object.keys(clocks)) {
    if (!network.tasks.has(name))
      throw invalid("run.schedule.clocks", name, `a task: ${[...network.tasks.keys()].join(", ")}`);
  }
  if (!runsContinuously(ruleOf({ rule }))) {
    throw invalid(
      "run.rule",
      rule,
      "EPE: continuous operation never resets a module, and gives each phase its ticks",
    );
  }
}

/**
 * Validates a run and resolves its network.
 * @param own tasks whose stimuli the caller brings, so that the run need not say where they come from
 * @throws EddyError INVALID_DESCRIPTION that names the field, what was given and what is allowed
 */
export function resolveRun(value: unknown, own: ReadonlySet<string> = new Set()): Run {
  const run = validate(checkedFields, value, "run");
  const network = resolveNetwork(expandNetwork(run.network));
  checkStimuli(network, run.stimuli, own);
  // whether a rule can run continuously at all comes before what it needs of a network
  checkOperation({ ...run, network });
  ruleOf(run).check?.(network);
  return { ...run, network };
}

/** A run as plain JSON, every default filled in. */
export const describeRun = ({ network, ...run }: Run): RunInput =>
  ({ ...run, network: network.description }) as RunInput;
