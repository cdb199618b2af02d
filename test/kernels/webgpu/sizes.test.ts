import { afterAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { referenceKernels } from "../../../src/kernels/reference/reference-kernels.js";
import { sharedGpu } from "../../../src/kernels/webgpu/gpu.js";
import { kernelsOn } from "../../../src/kernels/webgpu/webgpu-kernels.js";
import { random } from "../../../src/model/random.js";
import type { SettleCase, TermCase } from "../../arbitraries/kernel-cases.js";
import { expectClose } from "../closeness.js";
import { runDrive, runLearn, runOn, runReadout, runSettle } from "../run-case.js";
import { noDevice } from "./open-device.js";

/** Programs differ by size, and the suite over all backends has small cases only. */
const tolerance = 1e-5;
const source = random(1, "sizes of webgpu");

const uniform = (length: number): Float32Array => Float32Array.from({ length }, () => source.uniform(-1, 1));

/** On a grid of sixteenths, where sums are exact. */
const even = (length: number): Float32Array => uniform(length).map((value) => Math.round(value * 16) / 16);

/** Weak enough to settle; a fifth of it is not zero. */
const sparse = (neurons: number): Float32Array =>
  uniform(neurons * neurons).map((value) =>
    source.uniform(0, 1) < 0.2 ? value / Math.sqrt(neurons / 5) : 0,
  );

const settling = (batch: number, neurons: number, more: Partial<SettleCase> = {}): SettleCase => ({
  batch,
  neurons,
  matrix: sparse(neurons),
  gain: null,
  timeStep: null,
  bias: uniform(neurons),
  activation: "tanh",
  from: uniform(batch * neurons),
  drive: uniform(batch * neurons),
  iterations: 3,
  tolerance: null,
  report: false,
  needed: null,
  changes: null,
  ...more,
});

/** Around where rows and columns fill a workgroup. */
const sizes = [
  [1, 1],
  [1, 15],
  [1, 257],
  [3, 33],
  [4, 64],
  [5, 31],
  [8, 130],
  [9, 17],
  [33, 65],
  [64, 64],
  [65, 129],
] as const;

/** Leaves numbers that are no states in the buffers that will be lent next. */
function litter(kernels: Kernels, batch: number, neurons: number): void {
  const data = new Float32Array(batch * neurons).fill(7);
  const tensors = Array.from({ length: 8 }, () => kernels.tensor(data, [batch, neurons]));
  for (const tensor of tensors) kernels.dispose(tensor);
}

describe.skipIf(noDevice)(
  `webgpu keeps to reference at any size ${noDevice ? `(${noDevice})` : ""}`,
  async () => {
    const reference = referenceKernels();
    const opened = noDevice
      ? []
      : (["dense", "sparse"] as const).map((form) => ({ form, share: form === "dense" ? -1 : 1 }));
    const gpu = noDevice ? null : await sharedGpu();
    const backends = opened.map(({ form, share }) => ({
      form,
      kernels: kernelsOn(gpu!, { few: share, many: share }).kernels,
    }));

    afterAll(() => {
      for (const { kernels } of backends) {
        expect(kernels.live()).toBe(0);
        kernels.close();
      }
    });

    async function compareSettle(kernels: Kernels, given: SettleCase): Promise<void> {
      const actual = await runSettle(kernels, given);
      const expected = await runSettle(reference, given);
      const used = given.needed ?? [[0, given.neurons]];
      for (const [start, end] of used) {
        for (let row = 0; row < given.batch; row++) {
          const columns = (state: Float32Array) =>
            state.subarray(row * given.neurons + start, row * given.neurons + end);
          expectClose(`row ${row}`, columns(actual.state), columns(expected.state), tolerance);
        }
      }
      if (expected.report) expectClose("report", actual.report ?? [], expected.report, tolerance);
      if (!expected.propagated) return;
      expectClose("spoken", actual.propagated?.spoken ?? [], expected.propagated.spoken, tolerance);
      expectClose("sum", actual.propagated?.sum ?? [], expected.propagated.sum, tolerance);
    }

    describe.each(backends)("$form", ({ kernels }) => {
      it.each(sizes)("settles %i x %i", (batch, neurons) => compareSettle(kernels, settling(batch, neurons)));

      it.each(sizes)("settles %i x %i from zero, to a tolerance", async (batch, neurons) => {
        for (const iterations of [1, 4, 30, 31]) {
          await compareSettle(kernels, settling(batch, neurons, { from: null, iterations, tolerance: 1e-3 }));
        }
      });

      it.each(sizes)("settles %i x %i by changes", async (batch, neurons) => {
        const size = batch * neurons;
        const remembered = { spoken: even(size), sum: uniform(size) };
        await compareSettle(kernels, settling(batch, neurons, { changes: { epsilon: 0, remembered } }));
        await compareSettle(kernels, settling(batch, neurons, { changes: { epsilon: 0, remembered: null } }));
        // one iteration from the grid: whether a unit speaks does not hang on rounding
        const changes = { epsilon: 0.25, remembered };
        await compareSettle(kernels, settling(batch, neurons, { from: even(size), changes, iterations: 1 }));
        await compareSettle(kernels, settling(batch, neurons, { from: null, changes, iterations: 1 }));
      });

      it.each(sizes)(
        "settles the needed units of %i x %i, and leaves the others at an iteration",
        async (batch, neurons) => {
          const half = Math.floor(neurons / 2);
          const blocks = [
            [],
            [[half, neurons]],
            [
              [half, half + 1],
              [0, half],
            ],
          ] as const;
          for (const needed of blocks) {
            for (const iterations of [1, 2, 3, 6]) {
              const from = iterations % 2 ? null : uniform(batch * neurons);
              const given = settling(batch, neurons, { from, iterations, needed });
              await compareSettle(kernels, given);
              litter(kernels, batch, neurons);
              const { state } = await runSettle(kernels, given);
              const trajectory = await Promise.all(
                Array.from({ length: iterations + 1 }, (_, made) =>
                  runSettle(reference, { ...given, needed: null, iterations: made }),
                ),
              );
              const strays = state.filter(
                (value, at) => !trajectory.some((then) => Math.abs(then.state[at] - value) < tolerance),
              );
              expect([...strays]).toEqual([]);
            }
          }
        },
      );

      it("settles a matrix without entries, and one with a full column", async () => {
        const neurons = 70;
        const empty = new Float32Array(neurons * neurons);
        const full = empty.map((_, at) => (at % neurons === 3 ? 0.01 : 0));
        for (const matrix of [empty, full]) await compareSettle(kernels, settling(10, neurons, { matrix }));
      });

      it("settles 500 stimuli of 1024 units", { timeout: 120_000 }, async () => {
        const [batch, neurons, iterations] = [500, 1024, 3];
        const given = settling(batch, neurons, { iterations, from: null, report: true });
        const actual = await runSettle(kernels, given);
        for (const row of [0, 63, 64, 257, 499]) {
          const of = (data: Float32Array) => data.slice(row * neurons, (row + 1) * neurons);
          const expected = await runSettle(reference, { ...given, batch: 1, drive: of(given.drive) });
          expectClose(`row ${row}`, of(actual.state), expected.state, tolerance);
          expect(actual.report![0]).toBeGreaterThanOrEqual(expected.report![0] - tolerance);
        }
        expect(actual.report![1]).toBe(iterations);
      });
    });

    const terms = (batch: number, units: number): TermCase[] =>
      [
        { block: [0, 90], target: [0, units], transposed: false, scale: 1 },
        { block: [3, 80], target: [units >> 1, units], transposed: true, scale: -0.5 },
        { block: [10, 11], target: [1, 2], transposed: false, scale: 2 },
        { block: [0, 90], target: [units - 1, units], transposed: true, scale: 0.3 },
      ].map(({ block, target, ...more }) => ({
        ...more,
        block: block as [number, number],
        target: target as [number, number],
        source: uniform(batch * 90),
        sourceUnits: 90,
        weights: uniform((block[1] - block[0]) * (target[1] - target[0])),
      }));

    it.each(sizes.filter(([, units]) => units > 1))("drives and reads out %i x %i", async (batch, units) => {
      const [{ kernels }] = backends;
      for (const order of [terms(batch, units), terms(batch, units).reverse()]) {
        for (const base of [null, uniform(batch * units)]) {
          const given = { batch, units, terms: order, base };
          expectClose("drive", await runDrive(kernels, given), await runDrive(reference, given), tolerance);
        }
        for (const nonlinearity of ["softmax", "sigmoid", "linear"] as const) {
          const given = { batch, units, terms: order, bias: uniform(units), nonlinearity };
          const [actual, expected] = [await runReadout(kernels, given), await runReadout(reference, given)];
          expectClose("output", actual, expected, tolerance);
        }
      }
    });

    it.each([
      [1, 70, 130],
      [64, 64, 64],
      [130, 65, 3],
      [70, 200, 66],
    ])("learns from %i stimuli %i x %i weights", async (batch, from, to) => {
      const [{ kernels }] = backends;
      const term = (rows: number) => ({
        batch: rows,
        source: even(rows * (from + 2)),
        sourceUnits: from + 2,
        block: [1, from + 1] as const,
        error: even(rows * (to + 3)),
        errorUnits: to + 3,
        errorBlock: [2, to + 2] as const,
        scale: 1 / 64,
      });
      const adam = {
        kind: "adam",
        learningRate: 0.01,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        step: 1,
      } as const;
      const given = {
        shape: [from, to],
        weights: uniform(from * to),
        steps: [[term(batch)], [term(batch), term(3), term(batch)], []],
      };
      for (const optimiser of [adam, { kind: "sgd", learningRate: 0.1 } as const]) {
        const actual = await runLearn(kernels, { ...given, optimiser });
        const expected = await runLearn(reference, { ...given, optimiser });
        expect(actual.length).toBe(expected.length);
        for (const [index, result] of actual.entries()) {
          expectClose(`result ${index}`, result, expected[index], tolerance);
        }
      }
    });

    it("reduces tensors of any size", async () => {
      const [{ kernels }] = backends;
      for (const [batch, units] of [
        [1, 1],
        [300, 7],
        [17, 1000],
        [600, 300],
      ] as const) {
        const inputs = [
          [uniform(batch * units), [batch, units]],
          [uniform(batch * units).map(Math.abs), [batch, units]],
        ] as const;
        const both = async (what: string, use: (on: Kernels) => Promise<Float32Array>) =>
          expectClose(what, await use(kernels), await use(reference), tolerance);
        await both("magnitude", (on) => runOn(on, inputs, (x) => on.meanMagnitude(x)));
        await both("score", (on) => runOn(on, inputs, (a, b) => on.score(a, b)));
        await both("difference", (on) => runOn(on, inputs, (a, b) => on.difference(a, b)));
        await both("sample", (on) =>
          runOn(on, inputs, (tensor) => on.sample({ tensor, row: "mean", units: [0, units], every: 3 })),
        );
      }
    });
  },
);
