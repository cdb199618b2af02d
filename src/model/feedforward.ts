import { z } from "zod";
import { activations, type NetworkDescriptionInput, name } from "./network-description.js";
import { strictObject, validate } from "./validate.js";

/** Layers without recurrence, from one input to one readout. */
export const feedforwardSchema = strictObject({
  preset: z.literal("feedforward"),
  modules: z.int().min(1).max(1000).default(3).describe("hidden layers"),
  neurons: z.int().min(1).max(65_536).default(256).describe("units of each"),
  inputs: z.int().min(1).default(784).describe("size of the input"),
  outputs: z.int().min(2).default(10).describe("classes"),
  task: name.default("task").describe("name of its task"),
  activation: z.enum(activations).default("tanh"),
  feedback: z
    .enum(["transposed", "random", "direct"])
    .default("random")
    .describe(
      "how errors travel: by the forward weights transposed (for the rule BP), by random weights from layer to layer (FA), or by random weights from the readout to every layer (direct FA)",
    ),
});

type Feedback = z.output<typeof feedforwardSchema>["feedback"];

/** The pathways by which errors reach the layers, the last layer first. */
function errorPathways(
  layers: readonly string[],
  feedback: Feedback,
): NonNullable<NetworkDescriptionInput["errorPathways"]> {
  const random = { distribution: "fan-in" as const };
  return layers
    .map((layer, i) => {
      const next = layers[i + 1];
      const behind = next === undefined ? "out" : next;
      const source = next === undefined || feedback === "direct" ? "error(out)" : `error(${next}.all)`;
      const transposed = { shares: `${layer}->${behind}`, transposed: true };
      return { source, target: `${layer}.all`, weights: feedback === "transposed" ? transposed : random };
    })
    .reverse();
}

/**
 * A feedforward network `x -> m1 -> ... -> mN -> out`: modules of one block, `all`, without recurrence. Forward and
 * readout weights are uniform in +-1/sqrt(fan-in); random error pathways in +-1/sqrt(units of the error's source).
 * @throws EddyError INVALID_DESCRIPTION
 * @see Liu et al. 2026, table 1, for backpropagation and feedback alignment; Noekland 2016, Direct feedback alignment
 *   provides learning in deep neural networks, for the weights of error pathways
 */
export function feedforward(
  options: Omit<z.input<typeof feedforwardSchema>, "preset"> = {},
): NetworkDescriptionInput {
  const { modules, neurons, inputs, outputs, task, activation, feedback } = validate(
    feedforwardSchema,
    { ...options, preset: "feedforward" },
    "feedforward",
  );
  const layers = Array.from({ length: modules }, (_unused, i) => `m${i + 1}`);
  return {
    name: `feedforward, ${modules} hidden`,
    modules: Object.fromEntries(
      layers.map((layer) => [
        layer,
        { neurons, connectionRate: 0, activation, blocks: { all: [0, neurons] } },
      ]),
    ),
    inputs: { x: inputs },
    forward: layers.map((layer, i) => ({
      source: i === 0 ? "x" : `${layers[i - 1]}.all`,
      target: `${layer}.all`,
    })),
    errorPathways: errorPathways(layers, feedback),
    readouts: { out: { size: outputs, sources: [`${layers[modules - 1]}.all`] } },
    tasks: { [task]: { input: "x", readout: "out" } },
  };
}
