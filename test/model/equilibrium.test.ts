import { describe, expect, it } from "vitest";
import { equilibrium } from "../../src/model/equilibrium.js";
import { equilibriumPropagation } from "../../src/model/equilibrium-propagation.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { trialPlan } from "../../src/model/trial-plan.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { refusal, refused } from "./refused.js";

const small = { neurons: 12, inputs: 5, outputs: 3 };

const run = (fields: object) =>
  resolveRun({
    rule: "EP",
    network: { preset: "equilibrium", ...small, inputs: 784, outputs: 10 },
    stimuli: { task: { source: "mnist" } },
    ...fields,
  });

describe("a network for equilibrium propagation", () => {
  it.each([1, 2, 4])("of %i hidden layers joins neighbours both ways, by the same weights", (modules) => {
    const network = resolveNetwork(equilibrium({ modules, ...small }));
    const names = [...Array.from({ length: modules }, (_, i) => `m${i + 1}`), "output"];
    expect([...network.modules.keys()]).toEqual(names);
    const forward = [...network.pathways.values()].filter(({ kind }) => kind === "forward");
    expect(forward.map(({ id, weights, transposed }) => [id, weights, transposed])).toEqual([
      ...names.map((name, i) => {
        const id = `${i === 0 ? "x" : names[i - 1]}->${name}`;
        return [id, id, false];
      }),
      ...names.slice(1).map((name, i) => [`${name}->${names[i]}`, `${names[i]}->${name}`, true]),
    ]);
  });

  it("has units that go half their way in an iteration, within [0, 1], and no recurrence in a layer", () => {
    for (const { activation, timeStep, connectionRate } of resolveNetwork(equilibrium()).modules.values())
      expect({ activation, timeStep, connectionRate }).toEqual({
        activation: "clip",
        timeStep: 0.5,
        connectionRate: 0,
      });
  });

  it("answers the outputs' state, and lets their error in, unit by unit, by weights that stay", () => {
    const network = resolveNetwork(equilibrium(small));
    const { dense } = initialWeights(network, 1);
    const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    for (const id of ["output->out", "error(out)->output"]) {
      expect(dense.get(id)).toEqual(identity);
      expect(network.pathways.get(id)?.plastic).toBe(false);
    }
    expect(network.readouts.get("out")?.nonlinearity).toBe("linear");
  });

  it("begins with weights uniform in +-sqrt(6 / (from + to)) and biases at zero", () => {
    const { dense } = initialWeights(resolveNetwork(equilibrium({ modules: 2, neurons: 60, inputs: 90 })), 3);
    for (const [id, units] of [
      ["x->m1", 150],
      ["m1->m2", 120],
      ["m2->output", 70],
    ] as const) {
      const bound = Math.sqrt(6 / units);
      const largest = Math.max(...dense.get(id)!.map(Math.abs));
      expect(largest, id).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest, id).toBeGreaterThan(0.95 * bound);
    }
    expect(dense.get("m1.b")!.every((bias) => bias === 0)).toBe(true);
  });

  it.each([
    [1, [1, 0.5]],
    [2, [1, 0.25, 0.025]],
    [3, [1, 1 / 4, 1 / 16, 1 / 64]],
    [4, [1, 1 / 4, 1 / 16, 1 / 64, 1 / 256]],
  ])("with %i hidden layers learns at the published rates, unless others are given", (modules, rates) => {
    const found = (given?: number[]) => {
      const { pathways, modules: layers } = resolveNetwork(equilibrium({ modules, ...small, rates: given }));
      const names = [...layers.keys()];
      const weights = names.map((name, i) => pathways.get(`${i === 0 ? "x" : names[i - 1]}->${name}`)!.rate);
      expect([...layers.values()].map(({ learning }) => learning.b)).toEqual(weights);
      return weights;
    };
    expect(found()).toEqual(rates);
    const own = rates.map((_, i) => i + 0.5);
    expect(found(own)).toEqual(own);
  });

  it("refuses rates for another number of layers", () => {
    expect(refused(() => equilibrium({ modules: 2, rates: [1, 1] }))).toBe(
      refusal("network.rates: given [1,1], needed 3 numbers: of 2 hidden layers, and the outputs"),
    );
  });
});

describe("the rule EP", () => {
  it("lets all modules iterate at once, and looks at the output again before each iteration that learns", () => {
    const network = resolveNetwork(equilibrium({ modules: 2, ...small }));
    const plan = trialPlan(network, equilibriumPropagation, { inference: 5, learning: 3 }, new Set(), false);
    expect([plan.answering.length, plan.inference.length, plan.learning.length]).toEqual([5, 5, 3]);
    for (const { module, others, iterations, needed } of [...plan.inference, ...plan.learning])
      expect([module, others, iterations, needed]).toEqual(["m1", ["m2", "output"], 1, null]);
    expect(plan.inference.map(({ start, forward, error }) => [start, forward, error])).toEqual([
      ["zero", "state", "nothing"],
      ...Array(4).fill(["previous", "state", "nothing"]),
    ]);
    expect(
      plan.learning.map(({ start, forward, error, followsOutput }) => [start, forward, error, followsOutput]),
    ).toEqual(Array(3).fill(["previous", "state", "error", true]));
  });

  it("refuses a network through which errors cannot travel back", () => {
    expect(refused(() => run({ network: { preset: "chain" } }))).toBe(
      refusal(
        'run.rule: given "EP", needed a forward pathway back along "m1->m2", with weights {"shares": "m1->m2", "transposed": true}, as the preset equilibrium has them; or another rule',
      ),
    );
    expect(refused(() => equilibriumPropagation.check?.(resolveNetwork(chain({ modules: 2 }))))).toMatch(
      /m1->m2/,
    );
  });

  it("takes ways back of their own weights, for dynamics that go down no energy", () => {
    const described = equilibrium({ modules: 2, ...small });
    const forward = described.forward?.map((pathway) => {
      const { weights, ...rest } = pathway;
      return weights && "shares" in weights ? { ...rest, plastic: false } : pathway;
    });
    expect(
      refused(() => equilibriumPropagation.check?.(resolveNetwork({ ...described, forward }))),
    ).toBeNull();
  });

  it("refuses a tolerance and continuous operation", () => {
    const network = resolveNetwork(equilibrium(small));
    const iterations = { inference: 5, learning: 5, tolerance: 0.1 };
    expect(refused(() => trialPlan(network, equilibriumPropagation, iterations, new Set()))).toBe(
      refusal(
        "iterations.tolerance: given 0.1, needed none with the rule EP, whose modules iterate together, all so many times",
      ),
    );
    expect(refused(() => run({ schedule: { kind: "continuous" } }))).toMatch(
      /^INVALID_DESCRIPTION run\.rule: given "EP", needed /,
    );
    expect(refused(() => run({}))).toBeNull();
  });
});
