import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { equilibrium } from "../../src/model/equilibrium.js";
import { equilibriumPropagation } from "../../src/model/equilibrium-propagation.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { createParameters } from "../../src/model/parameters.js";
import { random } from "../../src/model/random.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { restingState } from "../../src/streams/network-state.js";
import { type PhasedNetwork, type PhasedTrial, phasedNetwork } from "../../src/streams/phased.js";
import { openBackends } from "../kernels/open-backends.js";
import {
  type Examples,
  type Layers,
  learned,
  lossGradient,
  type States,
  settle,
  zeroStates,
} from "./equilibrium-by-the-book.js";

const inputs = 5;
const neurons = 6;
const outputs = 3;
const batch = 4;
const eps = 0.5;

interface Setting {
  readonly hidden: number;
  readonly seed: number;
  readonly beta: number;
  readonly iterations: { readonly inference: number; readonly learning: number };
  readonly learningRate?: number;
  readonly rates?: readonly number[];
}

const ratesOf = ({ hidden, rates }: Setting): number[] => [...(rates ?? Array(hidden + 1).fill(1))];
const layerNames = (hidden: number) => [...Array.from({ length: hidden }, (_, i) => `m${i + 1}`), "output"];
const links = (hidden: number) =>
  layerNames(hidden).map((name, i, all) => `${i === 0 ? "x" : all[i - 1]}->${name}`);

/**
 * Small layers on a backend and by the book, with biases that lift most units off zero and weights that take few to one: at
 * the ends of its range a unit passes no error on, and beta moves it across in steps.
 */
function open(kernels: Kernels, setting: Setting) {
  const { hidden, seed, beta, iterations, learningRate = 0.3 } = setting;
  const network = resolveNetwork(
    equilibrium({ modules: hidden, neurons, inputs, outputs, timeStep: eps, rates: ratesOf(setting) }),
  );
  const drawn = initialWeights(network, seed);
  const source = random(seed, "biases");
  const biases = layerNames(hidden).map((name): [string, Float32Array] => {
    const size = name === "output" ? outputs : neurons;
    return [`${name}.b`, Float32Array.from({ length: size }, () => source.uniform(0.1, 0.4))];
  });
  const weaker = links(hidden).map((name): [string, Float32Array] => [
    name,
    drawn.dense.get(name)!.map((weight) => 0.4 * weight),
  ]);
  const weights = { ...drawn, dense: new Map([...drawn.dense, ...weaker, ...biases]) };
  const state = restingState(network, createParameters(kernels, network, weights), {
    batch,
    beta,
    optimiser: { kind: "sgd", learningRate },
    seed,
  });
  const wiring = { kernels, network, rule: equilibriumPropagation, state, keepGradients: true };
  const phased = phasedNetwork(wiring, iterations);
  const numbers = (name: string) => Float64Array.from(weights.dense.get(name) ?? []);
  const layers: Layers = {
    sizes: [inputs, ...Array(hidden).fill(neurons), outputs],
    W: links(hidden).map(numbers),
    b: layerNames(hidden).map((name) => numbers(`${name}.b`)),
  };
  return { phased, layers };
}

function trialOf(seed: number): { trial: PhasedTrial; examples: Examples } {
  const source = random(seed, "trial");
  const x = Float32Array.from({ length: batch * inputs }, () => source.uniform(0, 1));
  const d = new Float32Array(batch * outputs);
  for (let row = 0; row < batch; row++) d[row * outputs + source.integer(outputs)] = 1;
  return {
    trial: { inputs: new Map([["x", x]]), targets: new Map([["out", d]]), batch },
    examples: { batch, x, d },
  };
}

/** Learns from a trial. @returns the sign of beta that it had */
function learnOnce(phased: PhasedNetwork, trial: PhasedTrial): 1 | -1 {
  let sign: 1 | -1 | null = null;
  const listening = phased.events.subscribe((event) => {
    if (event.kind === "state" && event.phase === "learning") sign = phased.state.sign;
  });
  phased.learn(trial);
  listening.unsubscribe();
  return sign!;
}

/** Learns from a trial, and reads the gradients of all weights and biases. */
async function gradientsOf(phased: PhasedNetwork, trial: PhasedTrial, hidden: number) {
  const read = new Map<string, Promise<Float32Array>>();
  phased.events.subscribe((event) => {
    if (event.kind === "update" && event.gradient)
      read.set(event.weights, phased.kernels.read(event.gradient));
  });
  phased.learn(trial);
  const names = [...links(hidden), ...layerNames(hidden).map((name) => `${name}.b`)];
  expect([...read.keys()].sort()).toEqual([...names].sort());
  return Promise.all(names.map((name) => read.get(name)!));
}

const distance = (given: ArrayLike<number>[], wanted: ArrayLike<number>[]): number => {
  const squares = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const [a, b] = [given, wanted].map((parts) => parts.flatMap((part) => Array.from(part)));
  return squares(a.map((value, i) => value - b[i])) / squares(b);
};

describe("equilibrium propagation", () => {
  it.each([
    [1, 11],
    [2, 12],
    [3, 14],
  ])(
    "with %i hidden layers goes down the loss at the fixed point, the closer the smaller beta",
    async (hidden, seed) => {
      const { trial, examples } = trialOf(seed);
      const distances: number[] = [];
      for (const beta of [0.1, 0.025, 0.004]) {
        const kernels = referenceKernels();
        const { phased, layers } = open(kernels, {
          hidden,
          seed,
          beta,
          iterations: { inference: 150, learning: 150 },
        });
        const { W, b } = lossGradient(layers, examples);
        distances.push(distance(await gradientsOf(phased, trial, hidden), [...W, ...b]));
        phased.close();
        expect(kernels.live()).toBe(0);
      }
      expect(distances[1]).toBeLessThan(distances[0] / 2);
      expect(distances[2]).toBeLessThan(distances[1] / 2);
      expect(distances[2]).toBeLessThan(0.01);
    },
  );

  it.each(openBackends)("on %s does what the plain loops do, trial by trial", async (backend) => {
    const kernels = await openKernels(backend);
    const settings: Setting[] = [
      { hidden: 1, seed: 1, beta: 0.5, iterations: { inference: 1, learning: 1 } },
      { hidden: 2, seed: 2, beta: 1, iterations: { inference: 7, learning: 3 }, rates: [1, 0.5, 0.25] },
      { hidden: 3, seed: 3, beta: 0.7, iterations: { inference: 20, learning: 6 }, rates: [1, 0, 2, 0.5] },
    ];
    for (const setting of settings) {
      const { hidden, beta, iterations, learningRate = 0.3 } = setting;
      const opened = open(kernels, setting);
      const { phased } = opened;
      let { layers } = opened;
      const close = async (what: string, name: string, wanted: Float64Array) => {
        const { states, held, parameters, outputs: answers } = phased.state;
        const numbers = parameters.learned.get(name)?.weights ?? parameters.biases.get(name.slice(0, -2));
        const found = { states, held, answers }[what]?.get(name) ?? numbers!;
        const values = await kernels.read(found);
        for (const [i, value] of wanted.entries())
          expect(Math.abs(values[i] - value), `${what} ${name}, hidden ${hidden}`).toBeLessThan(1e-5);
      };
      const closeStates = async (what: string, states: States) => {
        for (const [k, name] of layerNames(hidden).entries()) await close(what, name, states[k]);
      };
      for (let number = 0; number < 4; number++) {
        const { trial, examples } = trialOf(100 * setting.seed + number);
        const signed = beta * learnOnce(phased, trial);
        const rest = zeroStates(layers, batch);
        const free = settle(layers, examples, rest, { iterations: iterations.inference, eps });
        const clamped = settle(layers, examples, free, {
          iterations: iterations.learning,
          eps,
          beta: signed,
        });
        await closeStates("held", free);
        await closeStates("states", clamped);
        await close("answers", "out", free[hidden]);
        const rates = ratesOf(setting).map((rate) => learningRate * rate);
        layers = learned(layers, examples, free, clamped, { beta: signed, rates });
        for (const [k, name] of links(hidden).entries()) await close("weights", name, layers.W[k]);
        for (const [k, name] of layerNames(hidden).entries()) await close("biases", `${name}.b`, layers.b[k]);
      }
      phased.close();
      expect(kernels.live()).toBe(0);
    }
    kernels.close();
  });

  it("draws the sign of beta for each trial from the seed", () => {
    const signsOf = (seed: number) => {
      const kernels = referenceKernels();
      const { phased } = open(kernels, {
        hidden: 1,
        seed,
        beta: 0.5,
        iterations: { inference: 1, learning: 1 },
      });
      const signs = Array.from({ length: 40 }, (_, i) => {
        // answers count for nothing
        if (i % 3 === 0) phased.infer(trialOf(1).trial);
        return learnOnce(phased, trialOf(i).trial);
      });
      phased.close();
      return signs;
    };
    const signs = signsOf(1);
    expect(signs.filter((sign) => sign === 1).length).toBeGreaterThan(8);
    expect(signs.filter((sign) => sign === -1).length).toBeGreaterThan(8);
    expect(signsOf(1)).toEqual(signs);
    expect(signsOf(2)).not.toEqual(signs);
  });

  it("makes the free phase alone where it only answers, and leaves all weights", async () => {
    const kernels = referenceKernels();
    const setting = { hidden: 2, seed: 5, beta: 1, iterations: { inference: 9, learning: 4 } };
    const { phased, layers } = open(kernels, setting);
    const { trial, examples } = trialOf(5);
    const phases: string[] = [];
    phased.events.subscribe((event) => event.kind === "state" && phases.push(event.phase));
    phased.infer(trial);
    expect(phases).toEqual(Array(9 * 3).fill("inference"));
    const free = settle(layers, examples, zeroStates(layers, batch), { iterations: 9, eps });
    const answers = await kernels.read(phased.state.outputs.get("out")!);
    for (const [i, value] of free[2].entries()) expect(answers[i]).toBeCloseTo(value, 5);
    for (const [k, name] of links(2).entries()) {
      const weights = await kernels.read(phased.state.parameters.learned.get(name)!.weights);
      expect([...weights]).toEqual([...layers.W[k]]);
    }
    phased.close();
  });

  it("leaves weights whose gate is closed, and learns nothing where beta is 0", async () => {
    const kernels = referenceKernels();
    const setting = { hidden: 2, seed: 6, beta: 1, iterations: { inference: 100, learning: 4 } };
    const { phased } = open(kernels, setting);
    const weightsOf = async () => {
      const { learned: all } = phased.state.parameters;
      const read = [...all].map(async ([name, { weights }]) => [name, await kernels.read(weights)] as const);
      return new Map(await Promise.all(read));
    };
    const changed = (before: Map<string, Float32Array>, after: Map<string, Float32Array>) =>
      [...before].filter(([name, values]) => values.some((value, i) => value !== after.get(name)![i]));
    const before = await weightsOf();
    for (const id of ["m1->m2", "m2->m1"]) phased.state.gates.set(id, 0);
    phased.learn(trialOf(6).trial);
    const closed = await weightsOf();
    // no error gets past the gate
    expect(
      changed(before, closed)
        .map(([name]) => name)
        .sort(),
    ).toEqual(["m2->output", "m2.b", "output.b"]);
    phased.state.gates.set("m1->m2", 1);
    phased.state.gates.set("m2->m1", 1);
    phased.state.beta = 0;
    phased.learn(trialOf(7).trial);
    expect(changed(closed, await weightsOf())).toEqual([]);
    phased.close();
    expect(kernels.live()).toBe(0);
  });
});
