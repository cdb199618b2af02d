import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { denseWeights, sparseWeights } from "../../src/kernels/sparse-weights.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import {
  createParameters,
  disposeParameters,
  gainOf,
  moduleBias,
  presentSpectralRadius,
  setSpectralRadius,
} from "../../src/model/parameters.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { spectralRadius } from "../../src/model/spectral-radius.js";
import { byName, fromNames } from "../weights-by-name.js";
import { refusal, refused } from "./refused.js";

const neurons = 16;

/** A chain of two whose m1 and readout have biases. */
function network(plasticBias = false) {
  const description = chain({ modules: 2, neurons, inputs: 4, outputs: 3 });
  description.modules.m1.bias = { distribution: "normal", deviation: 0.1 };
  const bias = plasticBias
    ? { plastic: true }
    : { initial: { distribution: "fan-in" as const }, plastic: false };
  return resolveNetwork({ ...description, readouts: { out: { size: 3, sources: ["m2.SI"], bias } } });
}

function created(plasticBias = false) {
  const described = network(plasticBias);
  const weights = initialWeights(described, 1);
  const kernels = referenceKernels();
  return { kernels, weights: byName(weights), parameters: createParameters(kernels, described, weights) };
}

/** The recurrent matrix as a module settles with it: unit i's row is the state that one linear iteration makes of e_i. */
async function matrixOf(
  kernels: Kernels,
  parameters: ReturnType<typeof created>["parameters"],
  module: string,
): Promise<Float32Array> {
  const recurrent = parameters.recurrent.get(module);
  if (!recurrent) throw new Error(`no matrix of ${module}`);
  const { matrix } = recurrent;
  const units = Float32Array.from({ length: neurons * neurons }, (_, at) =>
    Math.floor(at / neurons) === at % neurons ? 1 : 0,
  );
  const from = kernels.tensor(units, [neurons, neurons]);
  const drive = kernels.tensor(new Float32Array(neurons * neurons), [neurons, neurons]);
  const [{ state }] = kernels.settle([
    { matrix, gain: gainOf(recurrent), activation: "linear", from, drive, iterations: 1 },
  ]);
  const values = await kernels.read(state);
  for (const handle of [from, drive, state]) kernels.dispose(handle);
  return values;
}

describe("the parameters of a network", () => {
  it("are its weights, uploaded", async () => {
    const { kernels, weights, parameters } = created();
    expect([...parameters.learned.keys()].sort()).toEqual(
      ["x->m1", "m1->m2", "m2->out", "error(out)->m2", "error(m2)->m1", "out.b"].sort(),
    );
    for (const [name, plastic] of parameters.learned) {
      expect(await kernels.read(plastic.weights)).toEqual(weights.get(name));
      expect({ moments: plastic.moments, steps: plastic.steps }).toEqual({ moments: null, steps: 0 });
    }
    expect(parameters.learned.get("m1->m2")?.weights.shape).toEqual([4, 4]);
    for (const module of ["m1", "m2"])
      expect(await matrixOf(kernels, parameters, module)).toEqual(weights.get(`${module}.W`));
    kernels.close();
  });

  it("have a bias only where it is not zero, or learns", async () => {
    const { kernels, weights, parameters } = created();
    expect([...parameters.biases.keys()]).toEqual(["m1"]);
    const bias = parameters.biases.get("m1");
    expect(bias && (await kernels.read(bias))).toEqual(weights.get("m1.b"));
    const plastic = created(true).parameters;
    expect(plastic.learned.has("out.b")).toBe(true);
    const plain = resolveNetwork(chain({ modules: 1, neurons }));
    expect(createParameters(kernels, plain, initialWeights(plain, 1)).learned.has("out.b")).toBe(false);
    kernels.close();
  });

  it("have the bias of a module that learns it among what is learned, from what was drawn, or from zero", async () => {
    const described = network();
    for (const module of described.modules.values()) Object.assign(module, { learning: { W: 0, b: 0.5 } });
    const kernels = referenceKernels();
    const weights = initialWeights(described, 1);
    const parameters = createParameters(kernels, described, weights);
    expect(parameters.biases.size).toBe(0);
    for (const module of ["m1", "m2"]) {
      const bias = moduleBias(parameters, module);
      expect(bias).toBe(parameters.learned.get(`${module}.b`)?.weights);
      expect(bias && (await kernels.read(bias))).toEqual(weights.dense.get(`${module}.b`));
    }
    const drawn = weights.dense.get("m2.b") ?? new Float32Array(1);
    expect(drawn).toEqual(new Float32Array(neurons));
    kernels.close();
  });

  it("start a bias that learns at zero when no numbers are given for it", async () => {
    const described = network(true);
    const kernels = referenceKernels();
    const weights = byName(initialWeights(described, 1));
    weights.delete("out.b");
    const bias = createParameters(kernels, described, fromNames(weights)).learned.get("out.b");
    expect(bias && (await kernels.read(bias.weights))).toEqual(new Float32Array(3));
    kernels.close();
  });

  it.each(["m1.W", "x->m1", "error(m2)->m1"])("refuse to do without %s", (name) => {
    const described = network();
    const weights = byName(initialWeights(described, 1));
    weights.delete(name);
    const kernels = referenceKernels();
    expect(refused(() => createParameters(kernels, described, fromNames(weights)))).toBe(
      refusal(`weights: given no "${name}", which the network needs`, "INVALID_ARGUMENT"),
    );
    kernels.close();
  });

  it.each(["m1.W", "m1.b", "x->m1", "out.b"])("refuse %s of another size", (name) => {
    const described = network();
    const weights = byName(initialWeights(described, 1)).set(name, Float32Array.of(1, 2, 3, 4));
    const kernels = referenceKernels();
    expect(refused(() => createParameters(kernels, described, fromNames(weights)))).toMatch(
      /^SHAPE_MISMATCH .*( 4 numbers$|"m1\.W" has shape \[2, 2\], needed \[16, 16\]$)/,
    );
    kernels.close();
  });

  it("leave nothing behind", async () => {
    const { kernels, parameters } = created(true);
    expect(kernels.live()).toBeGreaterThan(0);
    setSpectralRadius(parameters, "m1", 0.7);
    const bias = parameters.learned.get("out.b");
    if (!bias) throw new Error("no bias");
    const error = kernels.tensor(new Float32Array([1, 0, -1]), [1, 3]);
    const learned = kernels.learn({
      terms: [{ source: "ones", block: [0, 1], error, errorBlock: [0, 3], scale: 1 }],
      weights: bias.weights,
      moments: bias.moments,
      optimiser: { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 },
    });
    kernels.dispose(error);
    Object.assign(bias, { weights: learned.weights, moments: learned.moments });
    disposeParameters(kernels, parameters);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});

describe("setSpectralRadius", () => {
  it("gives what was drawn a factor, however often it is set", async () => {
    const { kernels, weights, parameters } = created();
    const drawn = weights.get("m1.W") as Float32Array;
    for (const value of [0.9, 1e-6, 50, 0.5]) {
      setSpectralRadius(parameters, "m1", value);
      const matrix = await matrixOf(kernels, parameters, "m1");
      matrix.forEach((weight, i) => {
        expect(weight / value).toBeCloseTo(drawn[i] / 0.25, 6);
      });
      expect(spectralRadius(sparseWeights(matrix, neurons)) / value).toBeCloseTo(1, 5);
      expect(parameters.recurrent.get("m1")?.spectralRadius).toBe(value);
    }
    setSpectralRadius(parameters, "m1", 0.25);
    expect(await matrixOf(kernels, parameters, "m1")).toEqual(drawn);
    kernels.close();
  });

  it("is no longer that of W once W has learned: the present one is told", async () => {
    const { kernels, parameters } = created();
    const recurrent = parameters.recurrent.get("m1")!;
    setSpectralRadius(parameters, "m1", 0.5);
    expect(await presentSpectralRadius(kernels, recurrent)).toBeCloseTo(0.5, 5);
    const ones = kernels.tensor(new Float32Array(neurons).fill(1), [1, neurons]);
    const block = [0, neurons] as const;
    const { matrix } = kernels.learnMatrix({
      ...recurrent,
      terms: [{ source: ones, block, error: ones, errorBlock: block, scale: 1 }],
      optimiser: { kind: "sgd", learningRate: 0.1 },
    });
    recurrent.matrix = matrix;
    const radius = spectralRadius(await kernels.weights(matrix));
    expect(await presentSpectralRadius(kernels, recurrent)).toBeCloseTo(2 * radius, 6);
    expect(recurrent.spectralRadius).toBe(0.5);
    expect(Math.abs(2 * radius - 0.5)).toBeGreaterThan(0.01);
    kernels.close();
  });

  it("leaves the other modules, and what was drawn, as they are", async () => {
    const { kernels, weights, parameters } = created();
    const recurrent = parameters.recurrent.get("m1")!;
    const { matrix } = recurrent;
    setSpectralRadius(parameters, "m1", 0.9);
    expect(await matrixOf(kernels, parameters, "m2")).toEqual(weights.get("m2.W"));
    expect(parameters.recurrent.get("m2")?.spectralRadius).toBe(0.25);
    expect(recurrent.matrix).toBe(matrix);
    expect(denseWeights(await kernels.weights(matrix))).toEqual(weights.get("m1.W"));
    kernels.close();
  });

  it("keeps as many handles as there were", () => {
    const { kernels, parameters } = created();
    const before = kernels.live();
    for (let i = 1; i <= 100; i++) setSpectralRadius(parameters, "m2", i / 10);
    expect(kernels.live()).toBe(before);
    kernels.close();
  });

  it("takes a module that is not there for a bug", () => {
    const { kernels, parameters } = created();
    expect(() => setSpectralRadius(parameters, "m9", 0.5)).toThrow("invariant broken: module m9");
    kernels.close();
  });
});
