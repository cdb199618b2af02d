import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trueGradient } from "../../src/experiments/true-gradient.js";
import type { Activation } from "../../src/kernels/kernels.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { biasName, type Network, recurrentName } from "../../src/model/network.js";
import { phasedOrder } from "../../src/model/phased-order.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { random } from "../../src/model/random.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { runPhased } from "../streams/run-network.js";
import { byName } from "../weights-by-name.js";
import { type BookNetwork, type Numbers, settledLoss } from "./settled-by-the-book.js";

const batch = 2;

/** The same network, as the book has it. Modules that no input reaches settle last, to what their bias makes of them. */
function book(network: Network, iterations: number): BookNetwork {
  const { inference } = phasedOrder(network);
  const alone = [...network.modules.keys()].filter((name) => !inference.includes(name));
  return {
    modules: [...inference, ...alone].map((name) => {
      const { neurons, activation } = network.modules.get(name)!;
      return { name, neurons, activation, W: recurrentName(name), b: biasName(name) };
    }),
    pathways: [...network.pathways.values()]
      .filter(({ kind, target }) => kind !== "error" && !alone.includes(target.name))
      .map(({ source, target, weights, transposed, gate }) => ({
        from: source,
        to: target,
        weights,
        transposed,
        gate,
      })),
    readouts: [...network.readouts.values()].map(({ name, size }) => ({ name, size, b: biasName(name) })),
    iterations,
    batch,
  };
}

/** The engine's gradients of one trial, and the loss of that trial as a function of all numbers. */
async function differentiated(network: Network, seed: number, iterations: number) {
  const weights = initialWeights(network, seed);
  const phased = runPhased(network, { seed, batch, weights }, { inference: iterations, learning: 1 });
  const { kernels, state } = phased;
  const trial = phased.trial(0);
  phased.infer(trial);
  const before = kernels.live();
  const tensors = await trueGradient({ kernels, network, state }, iterations);
  const gradients = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    gradients.set(name, await kernels.read(tensor));
    kernels.dispose(tensor);
  }
  expect(kernels.live(), "handles that are left").toBe(before);
  phased.close();
  const numbers: Numbers = byName(weights);
  const described = book(network, iterations);
  const loss = (moved: Numbers) => settledLoss(described, moved, trial.inputs, trial.targets);
  return { gradients, numbers, loss, trial };
}

/** The slope of the loss along a direction of one matrix, by central differences. */
function slope(
  numbers: Numbers,
  loss: (moved: Numbers) => number,
  name: string,
  direction: readonly number[],
) {
  const step = 1e-5;
  const at = (size: number) => {
    const values = Float64Array.from(numbers.get(name)!, (value, i) => value + size * direction[i]);
    return loss(new Map(numbers).set(name, values));
  };
  return (at(step) - at(-step)) / (2 * step);
}

const smooth: Activation[] = ["tanh", "sigmoid", "linear"];

/** The loss of a chain of two modules in TensorFlow's own operations, for it to differentiate. */
function lossInTensorFlow(
  numbers: Numbers,
  { neurons, iterations }: { neurons: number; iterations: number },
  x: tf.Tensor2D,
  target: tf.Tensor2D,
) {
  const quarter = neurons / 4;
  const dense = (name: string) => tf.tensor2d(Float32Array.from(numbers.get(name)!), [neurons, neurons]);
  const module = (name: string, entering: tf.Tensor): tf.Tensor2D => {
    const drive = tf.concat([entering, tf.zeros([batch, neurons - quarter])], 1);
    let h = tf.zeros([batch, neurons]) as tf.Tensor2D;
    for (let t = 0; t < iterations; t++) h = tf.tanh(tf.add(tf.matMul(h, dense(`${name}.W`)), drive));
    return h;
  };
  const sender = (h: tf.Tensor2D) => tf.slice(h, [0, quarter], [batch, quarter]);
  return (...[first, second, last]: tf.Tensor[]): tf.Scalar => {
    const h1 = module("m1", tf.matMul(x, first as tf.Tensor2D));
    const h2 = module("m2", tf.matMul(sender(h1), second as tf.Tensor2D));
    const logits = tf.matMul(sender(h2), last as tf.Tensor2D);
    return tf.neg(tf.div(tf.sum(tf.mul(target, tf.logSoftmax(logits))), batch)) as tf.Scalar;
  };
}

describe("the true gradient", () => {
  it("is the slope of the loss along any direction, for any graph", async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(
        networkDescription({ gates: true, activations: smooth }),
        fc.nat({ max: 10_000 }),
        fc.integer({ min: 1, max: 6 }),
        async (description, seed, iterations) => {
          const network = resolveNetwork(description);
          const { gradients, numbers, loss } = await differentiated(network, seed, iterations);
          for (const [name, gradient] of gradients) {
            const source = random(seed, `direction of ${name}`);
            const direction = Array.from(gradient, () => source.uniform(-1, 1));
            const along = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
            const size = gradient.reduce((sum, value, i) => sum + Math.abs(value * direction[i]), 0);
            const expected = slope(numbers, loss, name, direction);
            expect(Math.abs(along - expected), name).toBeLessThan(1e-5 * size + 1e-8);
            if (size > 1e-4 && name.startsWith("f ")) told += 1;
          }
          // what the loss depends on has a gradient
          for (const [name, { plastic }] of network.pathways) {
            if (gradients.has(name) || !plastic || !numbers.has(name)) continue;
            const ones = Array.from(numbers.get(name)!, () => 1);
            expect(slope(numbers, loss, name, ones), `${name} has none`).toBe(0);
          }
        },
      ),
      seeded(200),
    );
    expect(told, "pathways between modules").toBeGreaterThan(8);
  });

  it("passes through a readout of several blocks, and through a pathway that does not learn", async () => {
    const description = twoTasks({
      preset: "recruitment",
      inputs: 5,
      outputs: 3,
      neurons: 24,
      spectralRadius: 0.8,
    });
    const network = resolveNetwork(description);
    const { gradients, numbers, loss } = await differentiated(network, 3, 4);
    for (const name of [
      "x1->m1",
      "m1->m2",
      "m1->m3",
      "m3->m4",
      "m2->out1",
      "m4->out1",
      "x2->m3",
      "m4->out2",
    ]) {
      const gradient = gradients.get(name)!;
      const largest = gradient.reduce(
        (most, value, i) => (Math.abs(value) > Math.abs(gradient[most]) ? i : most),
        0,
      );
      const direction = Array.from(gradient, (_, i) => (i === largest ? 1 : 0));
      expect(Math.abs(gradient[largest]), name).toBeGreaterThan(1e-4);
      expect(slope(numbers, loss, name, direction) / gradient[largest], name).toBeCloseTo(1, 4);
    }
  });

  it("has recurrent weights and biases that learn", async () => {
    const description = twoTasks({
      preset: "recruitment",
      inputs: 5,
      outputs: 3,
      neurons: 12,
      spectralRadius: 0.9,
    });
    const learning = { W: 1, b: 1 };
    const bias = { distribution: "normal" as const, deviation: 0.2 };
    const modules = Object.entries(description.modules).map(([name, module]) => [
      name,
      { ...module, connectionRate: 0.4, learning, bias },
    ]);
    const network = resolveNetwork({ ...description, modules: Object.fromEntries(modules) });
    const { gradients, numbers, loss } = await differentiated(network, 4, 5);
    for (const module of network.modules.keys()) {
      const W = numbers.get(recurrentName(module))!;
      const connections = Array.from(W).flatMap((weight, i) => (weight === 0 ? [] : [i]));
      const matrix = gradients.get(recurrentName(module))!;
      expect(matrix.length).toBe(connections.length);
      matrix.forEach((value, k) => {
        const direction = Array.from(W, (_, i) => (i === connections[k] ? 1 : 0));
        const expected = slope(numbers, loss, recurrentName(module), direction);
        expect(Math.abs(value - expected), `${module}, connection ${k}`).toBeLessThan(1e-6);
      });
      expect(Math.max(...matrix)).toBeGreaterThan(1e-4);
      gradients.get(biasName(module))!.forEach((value, i, all) => {
        const direction = Array.from(all, (_, k) => (k === i ? 1 : 0));
        expect(Math.abs(value - slope(numbers, loss, biasName(module), direction))).toBeLessThan(1e-6);
      });
    }
  });

  it("adds up what a matrix does that several pathways share, transposed or not", async () => {
    const network = resolveNetwork({
      modules: Object.fromEntries(
        ["m1", "m2", "m3"].map((name) => [name, { neurons: 8, connectionRate: 1, spectralRadius: 0.7 }]),
      ),
      inputs: { x: 3 },
      forward: [
        { source: "x", target: "m1.RI" },
        { source: "m1.SI", target: "m2.RI", id: "first" },
        { source: "m2.SI", target: "m3.RI", weights: { shares: "first" } },
        { source: "m1.RI", target: "m3.SE", weights: { shares: "first", transposed: true }, plastic: false },
      ],
      errorPathways: [{ source: "error(out)", target: "m3.RE" }],
      readouts: { out: { size: 2, sources: ["m3.SI", { source: "m3.SE", id: "error part->out" }] } },
      tasks: { task: { input: "x", readout: "out" } },
    });
    const { gradients, numbers, loss } = await differentiated(network, 5, 5);
    const gradient = gradients.get("first")!;
    gradient.forEach((value, i) => {
      const direction = Array.from(gradient, (_, k) => (k === i ? 1 : 0));
      expect(Math.abs(value - slope(numbers, loss, "first", direction))).toBeLessThan(1e-6);
    });
    expect(gradient.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });

  it("is what TensorFlow's automatic differentiation gives", async () => {
    await tf.setBackend("cpu");
    const [neurons, iterations] = [32, 6];
    const network = resolveNetwork(chain({ neurons, inputs: 9, outputs: 4, spectralRadius: 0.9 }));
    const { gradients, numbers, trial } = await differentiated(network, 8, iterations);
    const matrix = (values: ArrayLike<number>, rows: number) =>
      tf.tensor2d(Float32Array.from(values), [rows, values.length / rows]);
    const [x, target] = [matrix(trial.inputs.get("x")!, batch), matrix(trial.targets.get("out")!, batch)];
    const names = ["x->m1", "m1->m2", "m2->out"];
    const weights = names.map((name) => matrix(numbers.get(name)!, network.weights.get(name)!.shape[0]));
    const differentiate = tf.grads(lossInTensorFlow(numbers, { neurons, iterations }, x, target));
    for (const [i, expected] of differentiate(weights).entries()) {
      const gradient = gradients.get(names[i])!;
      const values = Float32Array.from(await expected.data());
      expect(values.length).toBe(gradient.length);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest, names[i]).toBeGreaterThan(1e-4);
      values.forEach((value, k) => {
        expect(Math.abs(value - gradient[k]) / largest, names[i]).toBeLessThan(1e-5);
      });
    }
  });
});
