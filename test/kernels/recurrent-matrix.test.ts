import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels, SettleRequest, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { type SparseWeights, scaledWeights, sparseWeights } from "../../src/kernels/sparse-weights.js";
import { random } from "../../src/model/random.js";
import { openBackends } from "./open-backends.js";
import { refusalOf } from "./refusal-of.js";

/** Of three neurons. */
const twoWeights: SparseWeights = {
  neurons: 3,
  rows: Uint32Array.of(0, 1, 2, 2),
  columns: Uint16Array.of(1, 0),
  values: Float32Array.of(0.5, -0.5),
};

/** What is wrong with weights that every backend refuses. */
const wrong: Record<string, Partial<SparseWeights>> = {
  "too few rows": { rows: Uint32Array.of(0, 2) },
  "more columns than values": { columns: Uint16Array.of(0, 1, 2) },
  "rows that end before the weights do": { rows: Uint32Array.of(0, 0, 1, 1) },
  "rows that do not ascend": { rows: Uint32Array.of(0, 2, 1, 2) },
  "a row that ends beyond the weights": { rows: Uint32Array.of(0, 3, 3, 2) },
  "columns that do not ascend": { rows: Uint32Array.of(0, 2, 2, 2), columns: Uint16Array.of(1, 1) },
  "a column outside the matrix": { columns: Uint16Array.of(0, 3) },
  "a zero among the weights": { values: Float32Array.of(1, 0) },
  "too many neurons": { neurons: 65_537, rows: new Uint32Array(65_538) },
  "half a neuron": { neurons: 2.5 },
};

describe.each(openBackends)("a recurrent matrix of %s", (name) => {
  let kernels: Kernels;

  beforeEach(async () => {
    kernels = await openKernels(name);
  });

  afterEach(() => kernels.close());

  const halves = (batch: number): Tensor => kernels.tensor(new Float32Array(3 * batch).fill(0.5), [batch, 3]);

  const settling = (more: Partial<SettleRequest>): SettleRequest => ({
    matrix: kernels.matrix(twoWeights),
    activation: "linear",
    from: halves(2),
    drive: halves(2),
    iterations: 1,
    ...more,
  });

  it.each(Object.keys(wrong))("is refused with %s, as reference does", (what) => {
    const call = (on: Kernels) => on.matrix({ ...twoWeights, ...wrong[what] });
    const refusal = refusalOf(kernels, call);
    expect(refusal).toEqual(refusalOf(referenceKernels(), call));
    expect(["SHAPE_MISMATCH", "INVALID_ARGUMENT"]).toContain(refusal.code);
    expect(refusal.message).not.toMatch(/undefined|NaN|\n/);
    expect(kernels.live()).toBe(0);
  });

  it("is a copy of what was given, and gives copies", async () => {
    const values = Float32Array.of(0.5, -0.5);
    const matrix = kernels.matrix({ ...twoWeights, values });
    values[0] = 9;
    const read = await kernels.weights(matrix);
    expect(read).toEqual(twoWeights);
    read.values[0] = 9;
    read.columns[0] = 2;
    expect(await kernels.weights(matrix)).toEqual(twoWeights);
    kernels.dispose(matrix);
    await expect(async () => kernels.weights(matrix)).rejects.toThrow("invariant");
  });

  it.each([0, 1, 5, 200])("gives the weights of %i neurons back to the bit", async (neurons) => {
    for (const share of [0, 0.02, 0.4, 1]) {
      const source = random(neurons, `weights ${share}`);
      const data = Float32Array.from({ length: neurons ** 2 }, () =>
        source.uniform(0, 1) < share ? source.uniform(-1, 1) : 0,
      );
      // the smallest number that there is, and the largest
      data.set([2 ** -149, -3.4028234663852886e38].slice(0, data.length));
      const weights = sparseWeights(data, neurons);
      const matrix = kernels.matrix(weights);
      expect(await kernels.weights(matrix)).toEqual(weights);
      kernels.dispose(matrix);
    }
  });

  it("with a gain of 1 makes what it makes without one, to the bit", async () => {
    const requests = [{}, { gain: 1 }].map((more) =>
      settling({ activation: "tanh", iterations: 3, ...more }),
    );
    const [without, one] = await Promise.all(
      kernels.settle(requests).map(({ state }) => kernels.read(state)),
    );
    expect(one).toEqual(without);
  });

  it("with a gain makes what scaled weights do", async () => {
    const scaled = kernels.matrix(scaledWeights(twoWeights, -4));
    const requests = [settling({ gain: -4, iterations: 3 }), settling({ matrix: scaled, iterations: 3 })];
    const [gained, expected] = await Promise.all(
      kernels.settle(requests).map(({ state }) => kernels.read(state)),
    );
    expect(gained).toEqual(expected);
  });

  it("keeps the sum of what was spoken without the gain", async () => {
    const changes = { epsilon: 0, remembered: null };
    const [{ state, propagated }] = kernels.settle([
      settling({ drive: halves(1), from: halves(1), changes, gain: -2 }),
    ]);
    expect([...(await kernels.read(propagated!.sum))]).toEqual([-0.25, 0.25, 0]);
    expect([...(await kernels.read(state))]).toEqual([1, 0, 0.5]);
  });
});

describe("scaled weights", () => {
  it("leave out what becomes too small", () => {
    const scaled = scaledWeights({ ...twoWeights, values: Float32Array.of(2 ** -149, 3) }, 0.25);
    expect(scaled).toEqual({
      neurons: 3,
      rows: Uint32Array.of(0, 0, 1, 1),
      columns: Uint16Array.of(0),
      values: Float32Array.of(0.75),
    });
  });
});
