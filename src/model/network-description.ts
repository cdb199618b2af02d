import { z } from "zod";
import type { Activation, Nonlinearity } from "../kernels/kernels.js";
import { strictObject } from "./validate.js";

/** Activation functions that a module can have. */
export const activations = [
  "tanh",
  "sigmoid",
  "relu",
  "relu6",
  "hardSigmoid",
  "linear",
  "sign",
  "clip",
] as const satisfies readonly Activation[];

/** Nonlinearities that a readout can have. */
export const nonlinearities = ["softmax", "sigmoid", "linear"] as const satisfies readonly Nonlinearity[];

/** What modules, inputs, readouts, tasks and blocks are called: so short that ids made of two of them stay below 200. */
export const name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, "needed a name of letters, digits, _ and -");
const units = z.int().min(1).max(65_536);
const share = "needed a number in [0, 1]";
const gate = z.number(share).min(0, share).max(1, share);
export const connectionRate = z.number(share).min(0, share).max(1, share).default(0.25);
export const spectralRadius = z.number().positive().max(1000).default(0.25);
const part = "needed a number in (0, 1]";
export const timeStep = z.number(part).gt(0, part).max(1, part);
const delay = z.int().min(1).max(1000);
const learningFactor = z.number().min(0).max(1000).default(0);

/** How fast a module's own numbers learn, in learning rates of the run; 0 keeps them as they were drawn. */
export const moduleLearning = strictObject({
  W: learningFactor.describe("of the recurrent weights, on the connections that exist"),
  b: learningFactor.describe("of the recurrent bias"),
})
  .default({ W: 0, b: 0 })
  .describe("factors of the learning rate at which W and b learn; 0: fixed");

const distributions = [
  strictObject({ distribution: z.literal("uniform"), bound: z.number().positive() }).describe("in +-bound"),
  strictObject({ distribution: z.literal("fan-in") }).describe("uniform in +-1/sqrt(units of the source)"),
  strictObject({ distribution: z.literal("normal"), deviation: z.number().positive() }),
  strictObject({ distribution: z.literal("zero") }),
] as const;

const distribution = z
  .discriminatedUnion("distribution", distributions)
  .describe("how initial weights are drawn");

const pathwayWeights = z
  .discriminatedUnion("distribution", [
    ...distributions,
    strictObject({ distribution: z.literal("identity") }).describe(
      "1 from a unit to the unit of its number, else 0",
    ),
  ])
  .describe("how initial weights are drawn");

const moduleSchema = strictObject({
  neurons: units.describe("units of the module"),
  connectionRate: connectionRate.describe("drawn connections / neurons^2; 0: a layer without recurrence"),
  spectralRadius: spectralRadius.describe("largest |eigenvalue| of W"),
  activation: z.enum(activations).default("tanh"),
  timeStep: timeStep
    .default(1)
    .describe("part of its way that a unit goes in an iteration, in (0, 1]; under 1 it leaks"),
  blocks: z
    .record(name, z.tuple([z.int().min(0), z.int().min(1)]))
    .optional()
    .describe("named units [start, end); default: RI, SI, RE and SE, a quarter each"),
  bias: distribution.default({ distribution: "zero" }).describe("recurrent bias b"),
  learning: moduleLearning,
});

const weightSharing = strictObject({
  shares: z.string().describe("id of the pathway whose weights these are"),
  transposed: z.boolean().default(false).describe("a transposed pathway does not teach the weights"),
});

const pathwayFields = {
  id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => id !== "__proto__", "needed another name")
    .optional()
    .describe("default: SOURCE->TARGET, modules only"),
  delay: delay.default(1).describe("ticks, in continuous operation"),
  gate: gate.default(1),
  weights: z.union([pathwayWeights, weightSharing]).optional(),
};

const forwardSchema = strictObject({
  ...pathwayFields,
  source: z.string().describe('an input, or a block as "m1.SI"'),
  target: z.string().describe('a block as "m2.RI"'),
  plastic: z.boolean().default(true),
  rate: z.number().min(0).max(1000).default(1).describe("factor of the learning rate"),
});

const errorSchema = strictObject({
  ...pathwayFields,
  source: z.string().describe('"error(READOUT)" or a block\'s error as "error(m2.SE)"'),
  target: z.string().describe('a block as "m1.RE"'),
});

const readoutSourceSchema = strictObject({
  ...pathwayFields,
  source: z.string().describe('a block as "m2.SI", or an input'),
  plastic: z.boolean().default(true),
});

const readoutSchema = strictObject({
  size: units,
  sources: z.array(z.union([z.string(), readoutSourceSchema])).min(1),
  nonlinearity: z.enum(nonlinearities).default("softmax"),
  bias: strictObject({
    initial: distribution.default({ distribution: "zero" }),
    plastic: z.boolean().default(false),
  }).default({ initial: { distribution: "zero" }, plastic: false }),
});

const pathwaySetting = strictObject({
  gate: gate.default(1),
  plastic: z.boolean().default(true).describe("an error pathway never is"),
});

const taskSchema = strictObject({
  input: z.string().describe("the input that its stimuli enter"),
  readout: z.string().describe("the readout that its targets teach"),
  target: z
    .enum(["class", "vector"])
    .default("class")
    .describe("class: one-hot, scored by its largest value; vector: any values, scored by their error"),
  configuration: z
    .record(z.string(), pathwaySetting)
    .optional()
    .describe("gate and plasticity of each pathway that takes part; default: all, as described there"),
});

/** A network as JSON: a graph of modules, blocks, pathways and readouts. */
export const networkSchema = strictObject({
  name: z.string().min(1).max(200).default("network"),
  modules: z
    .record(name, moduleSchema)
    .refine((modules) => Object.keys(modules).length > 0, "needed one module or more"),
  inputs: z.record(name, units).default({}),
  forward: z.array(forwardSchema).default([]),
  errorPathways: z.array(errorSchema).default([]),
  readouts: z.record(name, readoutSchema).default({}),
  tasks: z.record(name, taskSchema).default({}),
  inferenceOrder: z
    .array(z.string())
    .optional()
    .describe("phased: modules as they settle in the inference phase"),
  learningOrder: z
    .array(z.string())
    .optional()
    .describe("phased: modules as they settle in the learning phase"),
});

/** A validated description of a network, all defaults filled in. */
export type NetworkDescription = z.output<typeof networkSchema>;

/** A description as a user writes it. */
export type NetworkDescriptionInput = z.input<typeof networkSchema>;

/** How initial weights are drawn. */
export type Distribution = z.output<typeof pathwayWeights>;

export type PathwaySetting = z.output<typeof pathwaySetting>;
