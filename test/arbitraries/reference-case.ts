import fc from "fast-check";
import type { Activation } from "../../src/kernels/kernels.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { random } from "../../src/model/random.js";
import type { StoredTensor } from "../../src/simulation/safetensors.js";
import { networkDescription } from "./network.js";

/** The JSON half of a reference case, as golden/README.md describes it. */
export interface CaseDescription {
  format: "reference-case/1";
  name: string;
  algorithm: "STE" | "EPE";
  activation: string;
  iterations: { inference: number; learning: number };
  beta: number;
  batch: number;
  steps: number;
  optimizer:
    | { kind: "sgd"; learningRate: number }
    | { kind: "adam"; learningRate: number; beta1: number; beta2: number; epsilon: number };
  modules: Record<
    string,
    { neurons: number; blocks: Record<string, [number, number]>; recurrent: string; bias: string }
  >;
  inputs: Record<string, number>;
  forward: { id?: string; source: string; target: string; weights: string; plastic: boolean }[];
  readouts: Record<
    string,
    {
      size: number;
      sources: { source: string; weights: string; plastic: boolean }[];
      bias: string;
      biasPlastic: boolean;
      nonlinearity: "softmax" | "sigmoid" | "linear";
    }
  >;
  errorPaths: { source: string; target: string; weights: string }[];
  inferenceOrder: string[];
  learningOrder: string[];
}

/** A case without its expected numbers: the network, its initial weights and every step's batch. */
export interface CaseGiven {
  readonly description: CaseDescription;
  readonly activation: Activation;
  readonly given: Map<string, StoredTensor>;
}

/** How others write the names of activations. */
const spellings: Record<Activation, readonly string[]> = {
  tanh: ["tanh", "Tanh"],
  sigmoid: ["sigmoid", "Sigmoid"],
  relu: ["relu", "ReLU"],
  relu6: ["relu6", "ReLU6"],
  hardSigmoid: ["hard sigmoid", "HardSigmoid", "hard_sigmoid", "hardSigmoid"],
  linear: ["linear", "identity"],
  sign: ["sign", "Sign"],
  clip: ["clip", "Clip"],
};
const spelled = Object.entries(spellings).flatMap(([name, texts]) =>
  texts.map((text) => ({ activation: name as Activation, text })),
);

const sizeOf = (name: string, { inputs, modules, readouts }: CaseDescription): number => {
  const inner = /^error\((.*)\)$/.exec(name)?.[1] ?? name;
  if (inner in inputs) return inputs[inner];
  if (inner in readouts) return readouts[inner].size;
  const [module, block] = inner.split(".");
  const [start, end] = modules[module].blocks[block];
  return end - start;
};

/** Gives each pathway weights of its own, or those of an earlier pathway of the same shape. */
function nameWeights(
  description: CaseDescription,
  shares: readonly boolean[],
): Map<string, readonly [number, number]> {
  const shapes = new Map<string, readonly [number, number]>();
  const { forward, readouts, errorPaths } = description;
  const sources = Object.entries(readouts).flatMap(([target, readout]) =>
    readout.sources.map((pathway) => ({ pathway, target })),
  );
  const all = [...forward, ...errorPaths].map((pathway) => ({ pathway, target: pathway.target }));
  for (const [i, { pathway, target }] of [...all, ...sources].entries()) {
    const shape = [sizeOf(pathway.source, description), sizeOf(target, description)] as const;
    const same = [...shapes].find(([, other]) => other[0] === shape[0] && other[1] === shape[1]);
    pathway.weights = same && shares[i % shares.length] ? same[0] : `weights ${i}`;
    shapes.set(pathway.weights, shape);
  }
  return shapes;
}

type Described = Pick<CaseDescription, "modules" | "inputs" | "forward" | "readouts" | "errorPaths">;

/** A network of ours as a case describes one. */
function translate(
  { modules, inputs = {}, forward = [], errorPathways = [], readouts = {} }: NetworkDescriptionInput,
  named: boolean,
): Described {
  return {
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, { neurons, blocks = {} }]) => [
        name,
        { neurons, blocks, recurrent: `${name}.W`, bias: `${name}.b` },
      ]),
    ),
    inputs,
    forward: forward.map(({ id, source, target, plastic = true }) => ({
      ...(named ? { id } : {}),
      source,
      target,
      weights: "",
      plastic,
    })),
    readouts: Object.fromEntries(
      Object.entries(readouts).map(([name, { size, sources }]) => [
        name,
        {
          size,
          sources: sources
            .map((given) => ({ source: "", plastic: true, ...(given as object), weights: "" }))
            .map(({ source, plastic, weights }) => ({ source, plastic, weights })),
          bias: `${name}.b`,
          biasPlastic: false,
          nonlinearity: "softmax" as const,
        },
      ]),
    ),
    errorPaths: errorPathways.map(({ source, target }) => ({ source, target, weights: "" })),
  };
}

function draw(
  description: CaseDescription,
  shapes: ReadonlyMap<string, readonly [number, number]>,
  seed: number,
  biased: boolean,
) {
  const given = new Map<string, StoredTensor>();
  const put = (name: string, shape: readonly number[], bound: number) => {
    const source = random(seed, name);
    const length = shape.reduce((size, axis) => size * axis, 1);
    given.set(name, { shape, data: Float32Array.from({ length }, () => source.uniform(-bound, bound)) });
  };
  const { modules, readouts, inputs, batch, steps } = description;
  // so weak that every sum stays of the order of 1, as the tolerances are absolute
  for (const { neurons, recurrent, bias } of Object.values(modules)) {
    put(`initial/${recurrent}`, [neurons, neurons], 1.2 / neurons);
    put(`initial/${bias}`, [neurons], biased ? 0.3 : 0);
  }
  for (const { size, bias } of Object.values(readouts)) put(`initial/${bias}`, [size], 0.3);
  for (const [name, shape] of shapes) put(`initial/${name}`, shape, 0.8 / Math.sqrt(shape[0]));
  for (let step = 1; step <= steps; step++) {
    for (const [name, size] of Object.entries(inputs)) put(`step${step}/${name}`, [batch, size], 1);
    for (const [name, { size }] of Object.entries(readouts)) {
      const source = random(seed, `target ${step} ${name}`);
      const data = new Float32Array(batch * size);
      for (let i = 0; i < batch; i++) data[i * size + source.integer(size)] = 1;
      given.set(`step${step}/target${name.slice(3)}`, { shape: [batch, size], data });
    }
  }
  return given;
}

const optimizer = fc.oneof(
  fc.record({ kind: fc.constant("sgd" as const), learningRate: fc.constantFrom(0.05, 0.5) }),
  fc.record({
    kind: fc.constant("adam" as const),
    learningRate: fc.constantFrom(1e-3, 0.01),
    beta1: fc.constantFrom(0.9, 0.5),
    beta2: fc.constantFrom(0.999, 0.9),
    // Adam divides by a gradient's own size: a tiny one would magnify rounding beyond any tolerance
    epsilon: fc.constantFrom(1e-3, 1e-2),
  }),
);

const someOf = (names: readonly string[]) =>
  fc.shuffledSubarray([...names], { minLength: 0, maxLength: names.length });

/**
 * A random case in the format's full generality: any graph, unequal blocks that do not cover their module, several
 * pathways into one block, shared weights, modules out of either order or in an order against the pathways.
 */
export const caseGiven: fc.Arbitrary<CaseGiven> = networkDescription({ cycles: true }).chain((network) => {
  const modules = Object.keys(network.modules);
  const settings = fc.record({
    algorithm: fc.constantFrom("STE" as const, "EPE" as const),
    iterations: fc.record({ inference: fc.nat({ max: 7 }), learning: fc.nat({ max: 7 }) }),
    beta: fc.constantFrom(1, 0.5, 1.5),
    batch: fc.integer({ min: 1, max: 3 }),
    steps: fc.integer({ min: 1, max: 3 }),
    optimizer,
    inferenceOrder: someOf(modules),
    learningOrder: someOf(modules),
  });
  return fc
    .record({
      settings,
      spelling: fc.constantFrom(...spelled),
      nonlinearity: fc.constantFrom(
        "softmax" as const,
        "softmax" as const,
        "sigmoid" as const,
        "linear" as const,
      ),
      biasPlastic: fc.boolean(),
      named: fc.boolean(),
      biased: fc.boolean(),
      shares: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      seed: fc.nat({ max: 10_000 }),
    })
    .map(({ settings, spelling, nonlinearity, biasPlastic, named, biased, shares, seed }) => {
      const { readouts, ...translated } = translate(network, named);
      const description: CaseDescription = {
        format: "reference-case/1",
        name: "random",
        activation: spelling.text,
        ...settings,
        ...translated,
        readouts: Object.fromEntries(
          Object.entries(readouts).map(([name, readout]) => [
            name,
            { ...readout, biasPlastic, nonlinearity },
          ]),
        ),
      };
      const shapes = nameWeights(description, shares);
      return { description, activation: spelling.activation, given: draw(description, shapes, seed, biased) };
    });
});
