import { z } from "zod";
import type { Activation } from "../kernels/kernels.js";
import { type SparseWeights, sparseWeights } from "../kernels/sparse-weights.js";
import type { Weights } from "../model/initial-weights.js";
import { learningRules } from "../model/learning-rules.js";
import { biasName, type Network, recurrentName } from "../model/network.js";
import { activations, type NetworkDescriptionInput } from "../model/network-description.js";
import { optimiserSchema } from "../model/optimiser.js";
import { resolveNetwork } from "../model/resolve-network.js";
import type { PhasedIterations } from "../model/trial-plan.js";
import { invalid, validate } from "../model/validate.js";
import type { PhasedTrial } from "../streams/phased.js";
import type { StoredTensor } from "./safetensors.js";

const iterationCount = z.int().min(0).max(1_000_000);

/** The JSON half of a reference case; fields that only describe how it was drawn are let through. */
const caseSchema = z.looseObject({
  format: z.literal("reference-case/1"),
  name: z.string(),
  algorithm: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(["STE", "EPE"])),
  activation: z.string().default("tanh"),
  iterations: z.object({ inference: iterationCount, learning: iterationCount }),
  beta: z.number().default(1),
  batch: z.int().min(1),
  steps: z.int().min(1),
  optimizer: z.unknown().pipe(optimiserSchema),
  modules: z.record(
    z.string(),
    z.looseObject({
      neurons: z.int().min(1),
      activation: z.string().optional(),
      blocks: z.record(z.string(), z.tuple([z.int(), z.int()])),
      recurrent: z.string(),
      bias: z.string().optional(),
    }),
  ),
  inputs: z.record(z.string(), z.int().min(1)),
  forward: z.array(
    z.looseObject({
      id: z.string().optional(),
      source: z.string(),
      target: z.string(),
      weights: z.string(),
      plastic: z.boolean().default(true),
    }),
  ),
  readouts: z.record(
    z.string(),
    z.looseObject({
      size: z.int().min(1),
      sources: z.array(
        z.looseObject({ source: z.string(), weights: z.string(), plastic: z.boolean().default(true) }),
      ),
      bias: z.string().optional(),
      biasPlastic: z.boolean().default(false),
      nonlinearity: z.enum(["softmax", "sigmoid", "linear"]).default("softmax"),
    }),
  ),
  errorPaths: z.array(z.looseObject({ source: z.string(), target: z.string(), weights: z.string() })),
  inferenceOrder: z.array(z.string()),
  learningOrder: z.array(z.string()),
});

type Case = z.output<typeof caseSchema>;

/** Whether a value says of itself that it is the JSON half of a reference case. */
export const isReferenceCase = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "format" in value && value.format === "reference-case/1";

/** A reference case: a network with given numbers, and what every step should give. */
export interface ReferenceCase {
  readonly name: string;
  readonly network: Network;
  readonly weights: Weights;
  readonly rule: (typeof learningRules)["STE" | "EPE"];
  readonly optimiser: z.output<typeof optimiserSchema>;
  readonly beta: number;
  readonly batch: number;
  readonly iterations: PhasedIterations;
  readonly steps: readonly PhasedTrial[];
  /** by name, as "step1/z(m1)" */
  readonly expected: ReadonlyMap<string, StoredTensor>;
  /** the case's names of weights, by ours */
  readonly names: ReadonlyMap<string, string>;
}

/** "hard sigmoid", "HardSigmoid", "hard_sigmoid" -> "hardSigmoid" */
function activationOf(text: string, field: string): Activation {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const found =
    activations.find((name) => plain(name) === plain(text)) ??
    (plain(text) === "identity" ? "linear" : undefined);
  if (!found) throw invalid(field, text, `one of ${activations.join(", ")}`);
  return found;
}

/** Pathways that name the same weights share them; the first of them owns them. */
function sharing() {
  const owners = new Map<string, string>();
  return {
    owners,
    weightsOf(name: string, id: string) {
      const owner = owners.get(name);
      if (owner !== undefined) return { weights: { shares: owner } };
      owners.set(name, id);
      return {};
    },
  };
}

/** The case's graph as a network of ours, and its names of weights by ours. */
function translate(given: Case): { description: NetworkDescriptionInput; names: Map<string, string> } {
  const { owners, weightsOf } = sharing();
  const modules = Object.entries(given.modules).map(([name, { neurons, blocks, activation }]) => [
    name,
    { neurons, blocks, activation: activationOf(activation ?? given.activation, `${given.name}.activation`) },
  ]);
  const forward = given.forward.map(({ id, source, target, weights, plastic }, i) => {
    const own = id ?? `forward ${i} ${weights}`;
    return { id: own, source, target, plastic, ...weightsOf(weights, own) };
  });
  const readouts = Object.entries(given.readouts).map(
    ([name, { size, sources, biasPlastic, nonlinearity }]) => [
      name,
      {
        size,
        nonlinearity,
        bias: { plastic: biasPlastic },
        sources: sources.map(({ source, weights, plastic }, i) => {
          const id = `readout ${name} ${i} ${weights}`;
          return { id, source, plastic, ...weightsOf(weights, id) };
        }),
      },
    ],
  );
  const errorPathways = given.errorPaths.map(({ source, target, weights }, i) => {
    const id = `error ${i} ${weights}`;
    return { id, source, target, ...weightsOf(weights, id) };
  });
  const names = new Map([...owners].map(([name, owner]) => [owner, name]));
  for (const [name, { recurrent, bias }] of Object.entries(given.modules)) {
    names.set(`${name}.W`, recurrent);
    if (bias !== undefined) names.set(`${name}.b`, bias);
  }
  for (const [name, { bias }] of Object.entries(given.readouts))
    if (bias !== undefined) names.set(`${name}.b`, bias);
  const { inputs, inferenceOrder, learningOrder } = given;
  return {
    description: {
      name: given.name.slice(0, 200) || "case",
      modules: Object.fromEntries(modules),
      inputs,
      forward,
      errorPathways,
      readouts: Object.fromEntries(readouts),
      inferenceOrder,
      learningOrder,
    },
    names,
  };
}

/** The target of readout `out` is `target`, of `out1` `target1`. */
const targetName = (readout: string): string =>
  readout.startsWith("out") ? `target${readout.slice(3)}` : `target(${readout})`;

/** How many numbers each of a network's matrices and biases has, by our names. */
function lengthsOf({ modules, weights, readouts }: Network): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { name, neurons } of modules.values())
    lengths.set(recurrentName(name), neurons * neurons).set(biasName(name), neurons);
  for (const { name, shape } of weights.values()) lengths.set(name, shape[0] * shape[1]);
  for (const { name, size } of readouts.values()) lengths.set(biasName(name), size);
  return lengths;
}

/** Takes the recurrent matrices, which a case has with their zeros, out of its numbers by our names. */
function weightsOf({ modules }: Network, initial: ReadonlyMap<string, Float32Array>): Weights {
  const dense = new Map(initial);
  const recurrent = new Map<string, SparseWeights>();
  for (const { name, neurons } of modules.values()) {
    const data = initial.get(recurrentName(name));
    if (data) recurrent.set(name, sparseWeights(data, neurons));
    dense.delete(recurrentName(name));
  }
  return { recurrent, dense };
}

/**
 * Reads a reference case.
 * @param description the parsed JSON half
 * @param tensors the safetensors half
 * @param file the case's name in messages
 * @throws EddyError INVALID_DESCRIPTION that names the field or tensor that is wrong or missing
 */
export function readReferenceCase(
  description: unknown,
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
): ReferenceCase {
  const given = validate(caseSchema, description, file);
  const { description: described, names } = translate(given);
  const network = resolveNetwork(described);
  const numbers = (name: string, length: number): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw invalid(`${file}, tensors`, name, "this tensor, which the description calls for");
    if (tensor.data.length !== length)
      throw invalid(`${file}, tensor ${name}`, tensor.shape, `${length} numbers, as the description says`);
    return tensor.data;
  };
  const lengths = lengthsOf(network);
  const initial = new Map(
    [...names].map(([own, name]) => [own, numbers(`initial/${name}`, lengths.get(own) ?? 0)]),
  );
  const steps = Array.from({ length: given.steps }, (_unused, i): PhasedTrial => {
    const at = (name: string, size: number) => numbers(`step${i + 1}/${name}`, given.batch * size);
    return {
      inputs: new Map(Object.entries(given.inputs).map(([name, size]) => [name, at(name, size)])),
      targets: new Map(
        Object.entries(given.readouts).map(([name, { size }]) => [name, at(targetName(name), size)]),
      ),
      batch: given.batch,
    };
  });
  return {
    name: given.name,
    network,
    weights: weightsOf(network, initial),
    rule: learningRules[given.algorithm],
    optimiser: given.optimizer,
    beta: given.beta,
    batch: given.batch,
    iterations: given.iterations,
    steps,
    expected: tensors,
    names,
  };
}
