import { filter, lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { errorPerturbedError } from "../../src/model/adjoint-propagation.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import type { LearningRule } from "../../src/model/learning-rule.js";
import { createParameters } from "../../src/model/parameters.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { simulate } from "../../src/simulation/simulate.js";
import { restingState } from "../../src/streams/network-state.js";
import { closedLoop } from "../../src/streams/stimulus-door.js";

const run = {
  network: { preset: "chain", modules: 1, neurons: 16, inputs: 2, outputs: 2, task: "sides" },
  batch: 1,
  seed: 3,
  optimiser: { kind: "adam", learningRate: 0.05 },
  schedule: { kind: "continuous", ticks: { inference: 4, learning: 3 } },
};

/** The two sides take turns. */
const sides = closedLoop(({ trial }) => ({
  input: Float32Array.of(trial % 2, 1 - (trial % 2)),
  target: Float32Array.of(trial % 2, 1 - (trial % 2)),
}));

async function losses(rule?: LearningRule): Promise<number[]> {
  const simulation = await simulate(run, { backend: "reference", ticks: 1400, doors: { sides }, rule });
  const frames = lastValueFrom(
    simulation.frames.pipe(
      filter(({ payload }) => "loss" in payload),
      toArray(),
    ),
  );
  await simulation.watch({ topic: "metrics/sides", every: 1 });
  return (await frames).map(({ payload }) => Number(Reflect.get(payload, "loss")));
}

describe("simulate", () => {
  it("learns by a rule of the caller's own, which takes the place of the run's", async () => {
    const own = await losses({ ...errorPerturbedError, name: "own" });
    expect(own).toEqual(await losses());
    expect(own.at(-1)).toBeLessThan(own[0] / 4);
    // without a gradient only the readout learns: the rule is really asked
    const readoutOnly = await losses({ ...errorPerturbedError, name: "none", gradient: [] });
    expect(new Set(readoutOnly)).not.toEqual(new Set(own));
  });

  it("refuses an option that it does not know, and says which it knows", async () => {
    const misspelt = { backend: "reference", doors: { sides }, tick: 10 };
    await expect(simulate(run, misspelt)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/"tick"; allowed: .*ticks/),
    });
  });

  it("refuses a command of an unknown kind, and says which there are", async () => {
    const simulation = await simulate(run, { backend: "reference", paused: true, doors: { sides } });
    const misspelt = JSON.parse('{"kind": "learningrate", "value": 1}');
    await expect(simulation.command(misspelt)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/kind: given "learningrate", needed one of .*learningRate/),
    });
    await simulation.close();
  });
});

describe("a state made by hand", () => {
  it("fills in what its optimiser leaves out, and refuses what is no rate", () => {
    const kernels = referenceKernels();
    const network = resolveNetwork(chain({ modules: 1, neurons: 16, inputs: 2, outputs: 2 }));
    const parameters = createParameters(kernels, network, initialWeights(network, 1));
    const resting = (optimiser: string) =>
      restingState(network, parameters, { batch: 1, beta: 1, optimiser: JSON.parse(optimiser) });
    expect(resting('{"kind": "adam", "learningRate": 0.01}').optimiser).toEqual({
      kind: "adam",
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    });
    expect(() => resting('{"kind": "sgd", "learningRate": "fast"}')).toThrow(
      /optimiser\.learningRate: given "fast"/,
    );
  });

  it("is told of a misspelt field before the one that is missing for it", () => {
    expect(() => resolveNetwork({ modules: { m1: { nuerons: 8 } } })).toThrow(
      /unknown field "nuerons"; did you mean neurons\? allowed: neurons/,
    );
  });
});
