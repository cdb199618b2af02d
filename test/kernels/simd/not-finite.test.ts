import { afterAll, describe, expect, it } from "vitest";
import type { Tensor } from "../../../src/kernels/kernels.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { random } from "../../../src/model/random.js";
import { openVariant, variants } from "./engines.js";
import { recurrent, values } from "./large-cases.js";

const neurons = 200;
const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const anyIn = (data: Float32Array): boolean => data.some((value) => !Number.isFinite(value));

describe.each(variants)("what is no number in %s", (variant) => {
  const { kernels } = openVariant(variant, 2);
  const numbers = random(12, "not finite");
  const matrix = kernels.matrix(sparseWeights(recurrent(numbers, neurons, 0.22), neurons));
  afterAll(() => kernels.close());

  const withOne = (value: number, batch: number): Tensor => {
    const data = values(numbers, batch * neurons);
    data[numbers.integer(data.length)] = value;
    return kernels.tensor(data, [batch, neurons]);
  };
  const plain = (batch: number): Tensor => kernels.tensor(values(numbers, batch * neurons), [batch, neurons]);

  const each = [1, 3, 70].flatMap((batch) => notFinite.map((value) => ({ batch, value })));

  it.each(each)("$value in a state of $batch rows is heard", async ({ batch, value }) => {
    const request = { matrix, activation: "linear", drive: plain(batch), iterations: 2 } as const;
    const [whole] = kernels.settle([{ ...request, from: withOne(value, batch) }]);
    expect(anyIn(await kernels.read(whole.state))).toBe(true);
    const [told] = kernels.settle([
      { ...request, from: withOne(value, batch), changes: { epsilon: 0.1, remembered: null } },
    ]);
    expect(anyIn(await kernels.read(told.state))).toBe(true);
    expect(anyIn(await kernels.read(told.propagated!.sum))).toBe(true);
    const remembered = { spoken: plain(batch), sum: plain(batch) };
    const [again] = kernels.settle([
      { ...request, from: withOne(value, batch), changes: { epsilon: 0.1, remembered } },
    ]);
    expect(anyIn(await kernels.read(again.state))).toBe(true);
  });

  it.each(each)("$value in a drive of $batch rows does not settle", async ({ batch, value }) => {
    const [{ state, report }] = kernels.settle([
      {
        matrix,
        activation: "linear",
        from: "zero",
        drive: withOne(value, batch),
        iterations: 5,
        tolerance: 1e30,
      },
    ]);
    expect(anyIn(await kernels.read(state))).toBe(true);
    const [residual, iterations] = await kernels.read(report!);
    expect(Number.isFinite(residual)).toBe(false);
    expect(iterations).toBe(5);
  });

  it.each(each)("$value in an error of $batch rows is learned", async ({ batch, value }) => {
    for (const optimiser of [
      { kind: "sgd", learningRate: 0.1 },
      { kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 },
    ] as const) {
      const { weights } = kernels.learn({
        terms: [
          {
            source: kernels.tensor(new Float32Array(batch * 5).fill(0.5), [batch, 5]),
            block: [0, 5],
            error: withOne(value, batch),
            errorBlock: [0, neurons],
            scale: 1,
          },
        ],
        weights: kernels.tensor(values(numbers, 5 * neurons), [5, neurons]),
        moments: null,
        optimiser,
      });
      expect(anyIn(await kernels.read(weights))).toBe(true);
    }
  });
});
