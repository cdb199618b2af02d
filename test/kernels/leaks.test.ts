import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels, Moments, Tensor } from "../../src/kernels/kernels.js";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { openBackends } from "./open-backends.js";

const batch = 3;
const neurons = 8;
const inputs = 5;
const classes = 2;

/** As tf.memory() says, which wants a current backend. */
const numTensors = (): number => tf.engine().state.numTensors;

const filled = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index + 1) / 2);

/** One learning step of a module with a readout, with every kernel in it. */
function learningStep(kernels: Kernels) {
  let matrix = kernels.matrix(sparseWeights(filled(neurons * neurons), neurons));
  const input = kernels.tensor(filled(batch * inputs), [batch, inputs]);
  const target = kernels.tensor(filled(batch * classes), [batch, classes]);
  const feedback = kernels.tensor(filled(classes * 4), [classes, 4]);
  let weights = kernels.tensor(filled(inputs * 4), [inputs, 4]);
  let bias = kernels.tensor(filled(classes), [classes]);
  const out = kernels.tensor(filled(4 * classes), [4, classes]);
  let moments: Moments | null = null;
  let ownMoments: Moments | null = null;
  let step = 0;
  return async (): Promise<void> => {
    const used: Tensor[] = [];
    const use = (tensor: Tensor): Tensor => {
      used.push(tensor);
      return tensor;
    };
    const forward = { source: input, block: [0, inputs], weights, scale: 1, target: [0, 4] } as const;
    const drive = use(kernels.drive({ batch, units: neurons, terms: [forward] }));
    const settling = { matrix, activation: "tanh", drive, iterations: 3 } as const;
    const [inferred] = kernels.settle([{ ...settling, from: "zero", report: true }]);
    const z = use(inferred.state);
    use(inferred.report!);
    const terms = [{ source: z, block: [4, 8], weights: out, scale: 1, target: [0, classes] }] as const;
    const output = use(kernels.readout({ batch, size: classes, terms, bias, nonlinearity: "softmax" }));
    const error = use(kernels.difference(output, target));
    const back = {
      source: error,
      block: [0, classes],
      weights: feedback,
      scale: -1,
      target: [4, 8],
    } as const;
    const perturbed = use(kernels.drive({ batch, units: neurons, terms: [back], base: drive }));
    const [began] = kernels.settle([{ ...settling, from: z, changes: { epsilon: 0.01, remembered: null } }]);
    const changes = { epsilon: 0.01, remembered: began.propagated };
    const [went] = kernels.settle([{ ...settling, from: use(began.state), changes, tolerance: 1e-3 }]);
    for (const tensor of [went.state, went.report]) use(tensor!);
    for (const { propagated } of [began, went]) [propagated!.spoken, propagated!.sum].forEach(use);
    const [part] = kernels.settle([{ ...settling, from: "zero", needed: [[2, 5]] }]);
    use(part.state);
    const [learnt] = kernels.settle([{ ...settling, drive: perturbed, from: z, tolerance: 1e-3 }]);
    const e = use(kernels.difference(z, use(learnt.state)));
    use(learnt.report!);
    const u = use(kernels.derivative("tanh", z, e));
    step++;
    const learned = kernels.learn({
      terms: [{ source: input, block: [0, inputs], error: u, errorBlock: [0, 4], scale: 1 / batch }],
      weights,
      moments,
      optimiser: { kind: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step },
      keepGradient: true,
    });
    ({ weights, moments } = learned);
    use(learned.gradient!);
    bias = kernels.learn({
      terms: [{ source: "ones", block: [0, 1], error, errorBlock: [0, classes], scale: 1 / batch }],
      weights: bias,
      moments: null,
      optimiser: { kind: "sgd", learningRate: 1e-3 },
    }).weights;
    const own = kernels.learnMatrix({
      terms: [{ source: z, block: [0, neurons], error: u, errorBlock: [0, neurons], scale: 1 / batch }],
      matrix,
      moments: ownMoments,
      optimiser: { kind: "adam", learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step },
      keepGradient: true,
    });
    ({ matrix, moments: ownMoments } = own);
    use(own.gradient!);
    use(kernels.score(output, target));
    const sample = use(kernels.sample({ tensor: z, row: "mean", units: [1, 8], every: 3 }));
    use(kernels.meanMagnitude(e));
    await kernels.read(sample);
    for (const tensor of used) kernels.dispose(tensor);
  };
}

describe.each(openBackends)("%s", (name) => {
  it("neither handles nor tensors grow over 1,000 learning steps", async () => {
    const kernels = await openKernels(name);
    const tensorsBefore = numTensors();
    const step = learningStep(kernels);
    for (let warmUp = 0; warmUp < 3; warmUp++) await step();
    const live = kernels.live();
    const tensors = numTensors();
    for (let made = 0; made < 1000; made++) await step();
    expect(kernels.live()).toBe(live);
    expect(numTensors()).toBe(tensors);
    kernels.close();
    expect(kernels.live()).toBe(0);
    expect(numTensors()).toBe(tensorsBefore);
  });
});
