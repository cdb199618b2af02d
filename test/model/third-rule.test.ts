import { describe, expect, it } from "vitest";
import type { Activation, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { type LearningRule, sourceTimesError } from "../../src/model/learning-rule.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import { createParameters } from "../../src/model/parameters.js";
import { random } from "../../src/model/random.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { restingState } from "../../src/streams/network-state.js";
import { type PhasedTrial, phasedNetwork } from "../../src/streams/phased.js";
import { byName } from "../weights-by-name.js";
import {
  type Arrays,
  alignedGradients,
  batch,
  branching,
  finiteDifferences,
  type Graph,
  inputs,
  layers,
  learnedBy,
  loss,
  neurons,
  outputs,
  type Trial,
} from "./by-the-book.js";

/*
 * The learning rules to come are values like those that are there: backpropagation and feedback alignment run here
 * through the engine as it is, and are held against derivatives that take nothing from it.
 */

/**
 * Backpropagation: `delta = f'(z) * (-drive)`, where the drive of the backward phase is `-delta_next W_next^T`, summed
 * over what the module feeds. Error pathways that share forward weights, transposed, make it backpropagation;
 * with weights of their own it is feedback alignment.
 */
const backpropagation: LearningRule = {
  name: "BP",
  phases: [
    {
      name: "inference",
      order: "inference",
      start: "zero",
      iterations: "inference",
      forward: "state",
      error: "nothing",
    },
    {
      name: "learning",
      order: "learning",
      start: "previous",
      iterations: "none",
      forward: "nothing",
      error: "error",
    },
  ],
  error(kernels, activation, { state: z }, { drive }) {
    const zero = kernels.difference(drive, drive);
    const upstream = kernels.difference(zero, drive);
    const delta = kernels.derivative(activation, z, upstream);
    for (const handle of [zero, upstream]) kernels.dispose(handle);
    return delta;
  },
  gradient: sourceTimesError,
};

/** Where the errors of each module come from. */
type Feedback = "transposed" | "own" | "direct";

/** One block is both what receives and what sends. */
const block = (name: string) => (name === "x" ? name : `${name}.all`);

function describeNetwork(graph: Graph, activation: Activation, feedback: Feedback): NetworkDescriptionInput {
  const { out, ...modules } = graph;
  const edges = Object.entries(modules).flatMap(([target, sources]) =>
    sources.map((source) => ({ source, target })),
  );
  const fed = [...edges, ...out.map((source) => ({ source, target: "out" }))].filter(
    ({ source }) => source !== "x",
  );
  const errorPathways = fed.map(({ source, target }) => ({
    source: target === "out" ? "error(out)" : `error(${target}.all)`,
    target: block(source),
    weights: feedback === "transposed" ? { shares: `${source}->${target}`, transposed: true } : undefined,
  }));
  const direct = Object.keys(modules).map((name) => ({ source: "error(out)", target: block(name) }));
  return {
    modules: Object.fromEntries(
      Object.keys(modules).map((name) => [
        name,
        { neurons, connectionRate: 1, activation, blocks: { all: [0, neurons] } },
      ]),
    ),
    inputs: { x: inputs },
    forward: edges.map(({ source, target }) => ({ source: block(source), target: block(target) })),
    errorPathways: feedback === "direct" ? direct : errorPathways,
    readouts: {
      out: {
        size: outputs,
        sources: out.map(block),
        bias: { initial: { distribution: "normal", deviation: 0.3 }, plastic: true },
      },
    },
  };
}

interface Trained {
  readonly weights: Arrays;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly trial: Trial;
  /** handles alive after the network was closed */
  readonly leaked: number;
}

/** Draws weights and one batch, and lets the engine learn from it once. */
async function learnOnce(description: NetworkDescriptionInput, seed: number): Promise<Trained> {
  const network = resolveNetwork(description);
  const weights = initialWeights(network, seed);
  const source = random(seed, "trial");
  const x = Float32Array.from({ length: batch * inputs }, () => source.normal(1));
  const target = new Float32Array(batch * outputs);
  for (let row = 0; row < batch; row++) target[row * outputs + source.integer(outputs)] = 1;
  const trial: PhasedTrial = { inputs: new Map([["x", x]]), targets: new Map([["out", target]]), batch };
  const kernels = referenceKernels();
  const parameters = createParameters(kernels, network, weights);
  const optimiser = { kind: "sgd", learningRate: 0.1 } as const;
  const state = restingState(network, parameters, { batch, beta: 1, optimiser });
  const phased = phasedNetwork(
    { kernels, network, rule: backpropagation, state, keepGradients: true },
    { inference: 1, learning: 8 },
  );
  const lent = new Map<string, Tensor>();
  phased.events.subscribe((event) => {
    if (event.kind === "update" && event.gradient) lent.set(event.weights, event.gradient);
  });
  phased.learn(trial);
  const gradients = new Map<string, Float32Array>();
  for (const [name, gradient] of lent) gradients.set(name, await kernels.read(gradient));
  phased.close();
  const leaked = kernels.live();
  kernels.close();
  return { weights: byName(weights), gradients, trial: { x, target }, leaked };
}

function expectClose(given: ArrayLike<number> | undefined, expected: Float64Array, what: string): void {
  expect(given?.length, what).toBe(expected.length);
  const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - (given?.[i] ?? 0))), 0);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest, `${what} is not all zero`).toBeGreaterThan(1e-3);
  expect(worst / largest, what).toBeLessThan(1e-5);
}

const graphs: readonly [string, Graph][] = [
  ["1 layer", layers(1)],
  ["2 layers", layers(2)],
  ["3 layers", layers(3)],
  ["branches", branching],
];

const cases = graphs.flatMap(([name, graph], i) =>
  (["tanh", "sigmoid", "relu"] as const).map((activation, k) => ({
    name,
    graph,
    activation,
    seed: 100 + 10 * i + k,
  })),
);

describe("backpropagation as a learning rule", () => {
  it.each(cases)("has the derivatives of the loss: $name of $activation", async (given) => {
    const { graph, activation, seed } = given;
    const { weights, gradients, trial, leaked } = await learnOnce(
      describeNetwork(graph, activation, "transposed"),
      seed,
    );
    const lossOf = (moved: Arrays) => loss(graph, activation, moved, trial);
    expect([...gradients.keys()].sort()).toEqual(learnedBy(graph).sort());
    for (const name of learnedBy(graph))
      expectClose(gradients.get(name), finiteDifferences(name, weights, lossOf), name);
    expect(leaked).toBe(0);
  });
});

describe("these comparisons", () => {
  it("tell feedback alignment from backpropagation, but for the readout, which learns alike", async () => {
    const graph = layers(2);
    const { weights, gradients, trial } = await learnOnce(describeNetwork(graph, "tanh", "own"), 200);
    const derivatives = (name: string) =>
      finiteDifferences(name, weights, (moved) => loss(graph, "tanh", moved, trial));
    expectClose(gradients.get("m2->out"), derivatives("m2->out"), "m2->out");
    for (const name of ["m1->m2", "x->m1"])
      expect(() => expectClose(gradients.get(name), derivatives(name), name)).toThrow();
  });
});

describe("feedback alignment as the same rule over other pathways", () => {
  it.each(
    cases.flatMap((given) => [
      { ...given, feedback: "own" as const },
      { ...given, feedback: "direct" as const },
    ]),
  )("passes errors through $feedback weights: $name of $activation", async (given) => {
    const { graph, activation, feedback, seed } = given;
    const trained = await learnOnce(describeNetwork(graph, activation, feedback), seed);
    for (const [name, expected] of alignedGradients(
      graph,
      activation,
      feedback === "direct",
      trained.weights,
      trained.trial,
    ))
      expectClose(trained.gradients.get(name), expected, name);
    expect(trained.leaked).toBe(0);
  });
});
