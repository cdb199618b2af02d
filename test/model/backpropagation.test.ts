import { describe, expect, it } from "vitest";
import type { Activation, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { initialWeights, type Weights } from "../../src/model/initial-weights.js";
import { learningRules, type RuleName } from "../../src/model/learning-rules.js";
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
 * Backpropagation and feedback alignment run through the engine, and are held against derivatives that take nothing
 * from it.
 */

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
        { neurons, connectionRate: 0, activation, blocks: { all: [0, neurons] } },
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
  /** of the last trial */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** weights at the end */
  readonly after: ReadonlyMap<string, Float32Array>;
  readonly trial: Trial;
  /** handles alive after the network was closed */
  readonly leaked: number;
}

interface Learning {
  readonly rule: RuleName;
  readonly seed: number;
  /** times that the same batch is learned; default once */
  readonly trials?: number;
  /** default: drawn from the seed */
  readonly weights?: Weights;
}

/** Draws weights and one batch, and lets the engine learn from it. */
async function learned(
  description: NetworkDescriptionInput,
  { rule, seed, trials = 1, weights: given }: Learning,
): Promise<Trained> {
  const network = resolveNetwork(description);
  const weights = given ?? initialWeights(network, seed);
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
    { kernels, network, rule: learningRules[rule], state, keepGradients: true },
    { inference: 1, learning: 8 },
  );
  const lent = new Map<string, Tensor>();
  phased.events.subscribe((event) => {
    if (event.kind === "update" && event.gradient) lent.set(event.weights, event.gradient);
  });
  for (let made = 0; made < trials; made++) phased.learn(trial);
  const gradients = new Map<string, Float32Array>();
  const after = new Map<string, Float32Array>();
  for (const [name, gradient] of lent) gradients.set(name, await kernels.read(gradient));
  for (const [name, { weights: changed }] of state.parameters.learned)
    after.set(name, await kernels.read(changed));
  phased.close();
  const leaked = kernels.live();
  kernels.close();
  return { weights: byName(weights), gradients, after, trial: { x, target }, leaked };
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

describe("backpropagation", () => {
  it.each(cases)("has the derivatives of the loss: $name of $activation", async (given) => {
    const { graph, activation, seed } = given;
    const { weights, gradients, trial, leaked } = await learned(
      describeNetwork(graph, activation, "transposed"),
      {
        rule: "BP",
        seed,
      },
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
    const { weights, gradients, trial } = await learned(describeNetwork(graph, "tanh", "own"), {
      rule: "FA",
      seed: 200,
    });
    const derivatives = (name: string) =>
      finiteDifferences(name, weights, (moved) => loss(graph, "tanh", moved, trial));
    expectClose(gradients.get("m2->out"), derivatives("m2->out"), "m2->out");
    for (const name of ["m1->m2", "x->m1"])
      expect(() => expectClose(gradients.get(name), derivatives(name), name)).toThrow();
  });
});

describe("feedback alignment", () => {
  it.each(
    cases.flatMap((given) => [
      { ...given, feedback: "own" as const },
      { ...given, feedback: "direct" as const },
    ]),
  )("passes errors through $feedback weights: $name of $activation", async (given) => {
    const { graph, activation, feedback, seed } = given;
    const trained = await learned(describeNetwork(graph, activation, feedback), { rule: "FA", seed });
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

describe("feedback alignment through forward weights, transposed", () => {
  /** The numbers of a network, those of the error pathways set to the transposed ones of what they lead back along. */
  function alignedWeights(
    description: NetworkDescriptionInput,
    mirrored: ReadonlyMap<string, string>,
  ): Weights {
    const network = resolveNetwork(description);
    const { recurrent, dense } = initialWeights(network, 300);
    const transposed = (name: string): Float32Array => {
      const [from, to] = network.weights.get(name)?.shape ?? [0, 0];
      const given = dense.get(name) ?? new Float32Array();
      return given.map((_, i) => given[(i % from) * to + Math.floor(i / from)]);
    };
    return {
      recurrent,
      dense: new Map(
        [...dense].map(([name, numbers]) => {
          const forward = mirrored.get(name);
          return [name, forward ? transposed(forward) : numbers];
        }),
      ),
    };
  }

  it.each(graphs)("is backpropagation, to the bit: %s", async (_, graph) => {
    const description = describeNetwork(graph, "tanh", "transposed");
    const backpropagated = await learned(description, { rule: "BP", seed: 300, trials: 5 });
    const aligned = await learned(description, { rule: "FA", seed: 300, trials: 5 });
    expect(aligned.after).toEqual(backpropagated.after);
    expect(aligned.gradients).toEqual(backpropagated.gradients);
  });

  it.each(graphs)(
    "has the gradients of backpropagation, to the bit, where its own weights are these: %s",
    async (_, graph) => {
      const own = describeNetwork(graph, "tanh", "own");
      const shared = describeNetwork(graph, "tanh", "transposed");
      const ids = [...resolveNetwork(own).pathways.values()].filter(({ kind }) => kind === "error");
      const mirrored = new Map(ids.map(({ id, source, target }) => [id, `${target.name}->${source.name}`]));
      const weights = alignedWeights(own, mirrored);
      const aligned = await learned(own, { rule: "FA", seed: 300, weights });
      const backpropagated = await learned(shared, { rule: "BP", seed: 300, weights });
      expect(aligned.gradients).toEqual(backpropagated.gradients);
      expect(aligned.gradients.size).toBe(learnedBy(graph).length);
    },
  );
});

describe("backpropagation over other error pathways", () => {
  it.each(["own", "direct"] as const)("is refused, with what to do: %s", async (feedback) => {
    const refused = learned(describeNetwork(layers(2), "tanh", feedback), { rule: "BP", seed: 1 });
    await expect(refused).rejects.toThrow(
      /^run\.rule: given "BP", needed errors that travel .* as "error\(.*\)->m[12]" does not; use the rule "FA", or .* "transposed"/,
    );
  });

  it("is refused where a forward pathway has no way back", async () => {
    const description = describeNetwork(layers(2), "tanh", "transposed");
    const errorPathways = description.errorPathways?.filter(({ target }) => target !== "m1.all");
    const refused = learned({ ...description, errorPathways }, { rule: "BP", seed: 1 });
    await expect(refused).rejects.toThrow(
      /^run\.rule: given "BP", needed an error pathway back along "m1->m2"/,
    );
  });
});
