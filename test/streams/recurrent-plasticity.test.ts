import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { denseWeights } from "../../src/kernels/sparse-weights.js";
import { errorPerturbedError, shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import type { NetworkDescriptionInput } from "../../src/model/network-description.js";
import type { Optimiser } from "../../src/model/optimiser.js";
import { setSpectralRadius } from "../../src/model/parameters.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { NetworkState } from "../../src/streams/network-state.js";
import { openBackends } from "../kernels/open-backends.js";
import { type Numbers, numbersOf, runContinuous, runPhased } from "./run-network.js";
import { spoilingKernels } from "./spoiling-kernels.js";

const sgd: Optimiser = { kind: "sgd", learningRate: 0.5 };
const adam: Optimiser = { kind: "adam", learningRate: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

/** A chain of which the first module learns its W and b at these factors of the learning rate. */
function learningChain(learning?: { W?: number; b?: number }): NetworkDescriptionInput {
  const described = chain({ modules: 2, neurons: 12, inputs: 5, outputs: 3, spectralRadius: 0.8 });
  const { m1 } = described.modules;
  const bias = { distribution: "normal", deviation: 0.1 } as const;
  return { ...described, modules: { ...described.modules, m1: { ...m1, bias, learning } } };
}

const recurrentOf = async (kernels: Kernels, state: NetworkState, module: string): Promise<Float32Array> =>
  denseWeights(await kernels.weights(state.parameters.recurrent.get(module)!.matrix));

/** All that a network has learned, W included. */
async function learnedOf(kernels: Kernels, state: NetworkState): Promise<Numbers> {
  const { parameters } = state;
  const numbers: Numbers = {};
  for (const [name, { weights }] of parameters.learned) numbers[name] = await kernels.read(weights);
  for (const module of parameters.recurrent.keys())
    numbers[`${module}.W`] = await recurrentOf(kernels, state, module);
  return numbers;
}

/** The optimisers as formulas on one number, in double precision. */
function optimising(optimiser: Optimiser, factor: number) {
  const moments = new Map<string, { m: number; v: number; step: number }>();
  return (key: string, weight: number, gradient: number): number => {
    const rate = factor * optimiser.learningRate;
    if (optimiser.kind === "sgd") return weight - rate * gradient;
    const { beta1, beta2, epsilon } = optimiser;
    const { m: m0, v: v0, step: before } = moments.get(key) ?? { m: 0, v: 0, step: 0 };
    const [m, v] = [beta1 * m0 + (1 - beta1) * gradient, beta2 * v0 + (1 - beta2) * gradient ** 2];
    const step = before + 1;
    moments.set(key, { m, v, step });
    return weight - (rate * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
  };
}

/** Settles a module from zero by plain loops. */
function settled(W: ArrayLike<number>, b: ArrayLike<number>, drive: ArrayLike<number>, iterations: number) {
  const n = b.length;
  return Array.from({ length: drive.length / n }, (_unused, row) => {
    let h = Array.from(b, () => 0);
    for (let made = 0; made < iterations; made++)
      h = h.map((_, to) => {
        const product = h.reduce((sum, value, from) => sum + value * W[from * n + to], 0);
        return Math.tanh(product + b[to] + drive[row * n + to]);
      });
    return h;
  }).flat();
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe("a module whose W and b learn", () => {
  it.each([
    ["sgd", sgd],
    ["adam", adam],
  ])("changes them by z^T e / batch and the mean of e, through %s", async (_, optimiser) => {
    const network = resolveNetwork(learningChain({ W: 0.5, b: 0.25 }));
    const phased = runPhased(network, { seed: 4, batch: 3, optimiser });
    const { kernels, state } = phased;
    const n = 12;
    const stepW = optimising(optimiser, 0.5);
    const stepB = optimising(optimiser, 0.25);
    const drawn = await recurrentOf(kernels, state, "m1");
    let W = [...drawn];
    let b = [...(await kernels.read(state.parameters.learned.get("m1.b")!.weights))];
    expect(b.some((value) => value !== 0)).toBe(true);
    for (let number = 0; number < 3; number++) {
      phased.learn(phased.trial(number));
      const [z, e, drive] = await Promise.all(
        [state.held, state.errors, state.heldDrives].map((kind) => kernels.read(kind.get("m1")!)),
      );
      // W and b of the step before were settled with
      expect(furthest(z, settled(W, b, drive, 4))).toBeLessThan(1e-5);
      const rows = [0, 1, 2];
      W = W.map((weight, at) => {
        if (drawn[at] === 0) return 0;
        const [from, to] = [Math.floor(at / n), at % n];
        const gradient = rows.reduce((sum, row) => sum + z[row * n + from] * e[row * n + to], 0) / 3;
        return stepW(`${at}`, weight, gradient);
      });
      b = b.map((weight, to) =>
        stepB(`${to}`, weight, rows.reduce((sum, row) => sum + e[row * n + to], 0) / 3),
      );
    }
    const learned = await learnedOf(kernels, state);
    expect(furthest(learned["m1.W"], W)).toBeLessThan(2e-5);
    expect(furthest(learned["m1.b"], b)).toBeLessThan(2e-5);
    expect(furthest(learned["m1.W"], drawn)).toBeGreaterThan(1e-3);
    expect(learned["m1.W"].some((value, at) => (value !== 0) !== (drawn[at] !== 0))).toBe(false);
    phased.close();
    expect(kernels.live()).toBe(0);
  });

  it("learns at factor 0 what a fixed one does, to the bit, and leaves fixed modules alone", async () => {
    const learn = async (learning?: { W?: number; b?: number }) => {
      const network = resolveNetwork(learningChain(learning));
      const phased = runPhased(network, { seed: 2, optimiser: adam });
      const drawn = await recurrentOf(phased.kernels, phased.state, "m2");
      for (let number = 0; number < 3; number++) phased.learn(phased.trial(number));
      const learned = await learnedOf(phased.kernels, phased.state);
      expect(learned["m2.W"]).toEqual(drawn);
      expect(learned["m2.b"]).toBeUndefined();
      phased.close();
      return learned;
    };
    const fixed = await learn();
    expect(await learn({ W: 0, b: 0 })).toEqual(fixed);
    expect(fixed["m1.b"]).toBeUndefined();
    const moving = await learn({ W: 0.1 });
    expect(moving["m1.W"]).not.toEqual(fixed["m1.W"]);
    expect(moving["m1.b"]).toBeUndefined();
    expect(await learn({ b: 0.1 })).toMatchObject({ "m1.W": fixed["m1.W"] });
  });

  it("stays, with any optimiser, where there is no error", async () => {
    for (const optimiser of [sgd, adam]) {
      const described = learningChain({ W: 1, b: 1 });
      described.readouts!.out.nonlinearity = "linear";
      const phased = runPhased(resolveNetwork(described), { seed: 5, optimiser, rule: shortTrajectoryError });
      const { kernels, state } = phased;
      const trial = phased.trial(0);
      const before = await learnedOf(kernels, state);
      phased.infer(trial);
      const target = await kernels.read(state.outputs.get("out")!);
      phased.learn({ ...trial, targets: new Map([["out", target]]) });
      expect(await learnedOf(kernels, state)).toEqual(before);
      phased.close();
    }
  });

  it("learns from its own tasks' errors only, even while Adam remembers", async () => {
    const described = twoTasks({
      preset: "shared-feedback",
      neurons: 24,
      inputs: 5,
      outputs: 2,
      tasks: ["a", "b"],
    });
    for (const module of Object.values(described.modules)) module.learning = { W: 0.1, b: 0.1 };
    const network = resolveNetwork(described);
    const phased = runPhased(network, { seed: 6, optimiser: adam });
    const { kernels, state } = phased;
    phased.learn(phased.trial(0));
    const before = await learnedOf(kernels, state);
    for (const [id, { gate }] of network.tasks.get("b")!.configuration) state.gates.set(id, gate);
    const { inputs, targets, batch } = phased.trial(1);
    phased.learn({ inputs, targets: new Map([["out2", targets.get("out2")!]]), batch });
    const after = await learnedOf(kernels, state);
    for (const part of ["W", "b"]) {
      for (const module of ["m1", "m2"])
        expect(after[`${module}.${part}`]).toEqual(before[`${module}.${part}`]);
      for (const module of ["m3", "m4"])
        expect(after[`${module}.${part}`]).not.toEqual(before[`${module}.${part}`]);
    }
    phased.close();
  });

  it("learns alike whether all units were computed or those that are needed", async () => {
    const network = resolveNetwork(learningChain({ W: 0.3, b: 0.3 }));
    const learn = async (whole: boolean) => {
      const kernels = spoilingKernels(referenceKernels());
      const phased = runPhased(network, { seed: 7, kernels, rule: shortTrajectoryError }, undefined, {
        whole,
      });
      for (let number = 0; number < 3; number++) phased.learn(phased.trial(number));
      const learned = await learnedOf(kernels, phased.state);
      phased.close();
      return learned;
    };
    expect(await learn(false)).toEqual(await learn(true));
  });

  it.each(openBackends)("learns the same on %s, and leaves no handles", async (name) => {
    const network = resolveNetwork(learningChain({ W: 0.5, b: 0.5 }));
    const kernels = await openKernels(name);
    const learn = async (on?: Kernels) => {
      const phased = runPhased(network, { seed: 8, kernels: on, optimiser: sgd });
      phased.learn(phased.trial(0));
      const live = phased.kernels.live();
      for (let number = 1; number < 4; number++) phased.learn(phased.trial(number));
      expect(phased.kernels.live()).toBe(live);
      setSpectralRadius(phased.state.parameters, "m1", 0.4);
      phased.infer(phased.trial(4));
      const numbers = {
        ...(await numbersOf(phased.kernels, phased.state)),
        ...(await learnedOf(phased.kernels, phased.state)),
      };
      phased.close();
      return numbers;
    };
    const [given, wanted] = [await learn(kernels), await learn()];
    for (const [key, values] of Object.entries(wanted))
      expect(furthest(given[key], values), key).toBeLessThan(1e-4);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});

describe("a module whose W and b learn, in continuous operation", () => {
  const settling = { ticks: { inference: 40, learning: 40 } };
  const run = { seed: 9, rule: errorPerturbedError };

  it("learns what it learns in phased operation", async () => {
    const described = learningChain({ W: 0.5, b: 0.5 });
    for (const module of Object.values(described.modules)) module.spectralRadius = 0.3;
    const network = resolveNetwork(described);
    const phased = runPhased(network, run, { inference: 40, learning: 40 });
    const continuous = runContinuous(network, run, settling);
    for (let number = 0; number < 3; number++) phased.learn(phased.trial(number));
    for (let tick = 0; tick < 3 * 80; tick++) continuous.tick();
    const wanted = await learnedOf(phased.kernels, phased.state);
    const given = await learnedOf(continuous.kernels, continuous.state);
    expect(continuous.state.parameters.recurrent.get("m1")!.steps).toBe(3);
    for (const [key, values] of Object.entries(wanted))
      expect(furthest(given[key], values), key).toBeLessThan(1e-5);
    for (const running of [phased, continuous]) {
      running.close();
      expect(running.kernels.live()).toBe(0);
    }
  });

  it("propagates changes by the new W: what was spoken by the old one is forgotten", async () => {
    const network = resolveNetwork(learningChain({ W: 5 }));
    const short = { ticks: { inference: 6, learning: 4 } };
    const propagation = { epsilon: 0, fullEvery: 1_000_000 };
    const whole = runContinuous(network, run, short);
    const changes = runContinuous(network, { ...run, propagation }, short);
    const drawn = await recurrentOf(whole.kernels, whole.state, "m1");
    for (let tick = 0; tick < 65; tick++) for (const running of [whole, changes]) running.tick();
    expect(changes.state.spoken.has("m1")).toBe(true);
    const wanted = await numbersOf(whole.kernels, whole.state);
    const given = await numbersOf(changes.kernels, changes.state);
    for (const [key, values] of Object.entries(wanted))
      expect(furthest(given[key], values), key).toBeLessThan(1e-4);
    const learned = await recurrentOf(whole.kernels, whole.state, "m1");
    expect(furthest(learned, drawn)).toBeGreaterThan(1e-2);
    for (const running of [whole, changes]) running.close();
  });
});
