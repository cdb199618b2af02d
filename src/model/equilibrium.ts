import { z } from "zod";
import { activations, type NetworkDescriptionInput, name, timeStep } from "./network-description.js";
import { invalid, strictObject, validate } from "./validate.js";

/** Layers that are connected two ways, from one input to a layer of outputs. */
export const equilibriumSchema = strictObject({
  preset: z.literal("equilibrium"),
  modules: z.int().min(1).max(1000).default(2).describe("hidden layers"),
  neurons: z.int().min(1).max(65_536).default(500).describe("units of each"),
  inputs: z.int().min(1).default(784).describe("size of the input"),
  outputs: z.int().min(2).max(65_536).default(10).describe("classes"),
  task: name.default("task").describe("name of its task"),
  activation: z.enum(activations).default("clip"),
  timeStep: timeStep.default(0.5),
  rates: z
    .array(z.number().min(0).max(1000))
    .optional()
    .describe(
      "factors of the learning rate, of the weights and biases of each layer, the outputs last; default: as published",
    ),
});

/** Published learning rates, divided by that of the first layer; of deeper networks each layer learns 4 times slower. */
const published: Readonly<Record<number, readonly number[]>> = { 1: [1, 0.5], 2: [1, 0.25, 0.025] };

const ratesOf = (hidden: number): readonly number[] =>
  published[hidden] ?? Array.from({ length: hidden + 1 }, (_unused, i) => 4 ** -i);

/**
 * A network for equilibrium propagation, `x -> m1 <-> ... <-> mN <-> output`: modules of one block, `all`, without
 * recurrence of their own, each with a way back to the one before through the same weights transposed. Weights are
 * uniform in +-sqrt(6 / (from + to)), biases begin at zero and learn. The readout answers the state of the module
 * `output`; its error enters there, scaled by -beta.
 *
 * Published settings, for MNIST, 500 neurons a layer, time step 0.5, batch 20, SGD, with 1, 2 and 3 hidden layers:
 * iterations 20 + 4, 150 + 6, 500 + 8; beta 0.5, 1, 1; learning rates 0.1, 0.05 | 0.4, 0.1, 0.01 |
 * 0.128, 0.032, 0.008, 0.002. The paper's cost is 1/2 |d - s|^2, as here; the authors' code leaves the 1/2 out, so to do
 * what it does takes twice its beta and rates.
 * @throws EddyError INVALID_DESCRIPTION
 * @see Scellier and Bengio 2017, section 5 and table 1; the authors' code, train_model.py and model.py
 */
export function equilibrium(
  options: Omit<z.input<typeof equilibriumSchema>, "preset"> = {},
): NetworkDescriptionInput {
  const { modules, neurons, inputs, outputs, task, activation, timeStep, rates } = validate(
    equilibriumSchema,
    { ...options, preset: "equilibrium" },
    "equilibrium",
  );
  if (rates && rates.length !== modules + 1)
    throw invalid(
      "network.rates",
      rates,
      `${modules + 1} numbers: of ${modules} hidden layers, and the outputs`,
    );
  const factors = rates ?? ratesOf(modules);
  const layers = [...Array.from({ length: modules }, (_unused, i) => `m${i + 1}`), "output"];
  const sizes = layers.map((_layer, i) => (i < modules ? neurons : outputs));
  const forward = layers.map((layer, i) => ({
    source: i === 0 ? "x" : `${layers[i - 1]}.all`,
    target: `${layer}.all`,
    weights: {
      distribution: "uniform" as const,
      bound: Math.sqrt(6 / ((i === 0 ? inputs : sizes[i - 1]) + sizes[i])),
    },
    rate: factors[i],
  }));
  const back = layers.slice(1).map((layer, i) => ({
    source: `${layer}.all`,
    target: `${layers[i]}.all`,
    weights: { shares: `${layers[i]}->${layer}`, transposed: true },
  }));
  const identity = { distribution: "identity" as const };
  return {
    name: `equilibrium, ${modules} hidden`,
    modules: Object.fromEntries(
      layers.map((layer, i) => [
        layer,
        {
          neurons: sizes[i],
          connectionRate: 0,
          activation,
          timeStep,
          blocks: { all: [0, sizes[i]] },
          learning: { W: 0, b: factors[i] },
        },
      ]),
    ),
    inputs: { x: inputs },
    forward: [...forward, ...back],
    errorPathways: [{ source: "error(out)", target: "output.all", weights: identity }],
    readouts: {
      out: {
        size: outputs,
        sources: [{ source: "output.all", weights: identity, plastic: false }],
        nonlinearity: "linear",
      },
    },
    tasks: { [task]: { input: "x", readout: "out" } },
  };
}
