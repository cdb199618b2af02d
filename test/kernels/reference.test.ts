import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import {
  activations,
  changesSettleCase,
  driveCase,
  learnCase,
  learnMatrixCase,
  neededOf,
  numbers,
  readoutCase,
  settleCase,
} from "../arbitraries/kernel-cases.js";
import { expectClose } from "./closeness.js";
import * as formulas from "./formulas.js";
import { runDrive, runLearn, runLearnMatrix, runOn, runReadout, runSettle } from "./run-case.js";

/** Results are rounded to float32, states once an iteration. */
const tolerance = 2e-6;

describe("reference kernels, against their equations in double precision", () => {
  const kernels = referenceKernels();

  afterAll(() => {
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("drives", () =>
    fc.assert(
      fc.asyncProperty(driveCase, async (given) => {
        expectClose("drive", await runDrive(kernels, given), formulas.drive(given), tolerance);
      }),
    ));

  it("reads out", () =>
    fc.assert(
      fc.asyncProperty(readoutCase, async (given) => {
        expectClose("output", await runReadout(kernels, given), formulas.readout(given), tolerance);
      }),
    ));

  it("settles, and reports residual and iterations", () =>
    fc.assert(
      fc.asyncProperty(settleCase, async (given) => {
        const { states, residuals } = formulas.trajectory(given);
        const made = formulas.iterationsMade(given, residuals);
        fc.pre(formulas.clearOfTolerance(given, residuals));
        const { state, report } = await runSettle(kernels, given);
        expectClose("state", neededOf(given, state), neededOf(given, states[made]), tolerance);
        expect(report !== null).toBe(given.report || given.tolerance !== null);
        if (!report) return;
        expect(report[1]).toBe(made);
        expectClose(
          "residual",
          [report[0]],
          [made === 0 ? Number.POSITIVE_INFINITY : residuals[made - 1]],
          tolerance,
        );
      }),
    ));

  it("propagates changes only, and remembers what was said", () =>
    fc.assert(
      fc.asyncProperty(changesSettleCase, async (given) => {
        const expected = formulas.trajectory(given);
        fc.pre(formulas.clearOfTolerance(given, expected.residuals));
        fc.pre(formulas.clearOfEpsilon(given, expected));
        const made = formulas.iterationsMade(given, expected.residuals);
        const { state, propagated, report } = await runSettle(kernels, given);
        expectClose("state", state, expected.states[made], tolerance);
        expectClose("spoken", propagated?.spoken ?? [], expected.spoken[made], tolerance);
        expectClose("sum", propagated?.sum ?? [], expected.sums[made], tolerance);
        if (report) expect(report[1]).toBe(made);
      }),
    ));

  it("learns", () =>
    fc.assert(
      fc.asyncProperty(learnCase, async (given) => {
        const expected = formulas.learn(given);
        const results = await runLearn(kernels, given);
        expect(results.length).toBe(expected.length);
        results.forEach((result, index) => {
          expectClose(`result ${index}`, result, expected[index], tolerance);
        });
      }),
    ));

  it("learns the connections of a matrix, and no others", () =>
    fc.assert(
      fc.asyncProperty(learnMatrixCase, async (given) => {
        const [neurons] = given.shape;
        const expected = formulas.learn(given);
        const there = (dense: ArrayLike<number>) =>
          Array.from(dense).filter((_, at) => given.weights[at] !== 0);
        const { learned, products } = await runLearnMatrix(kernels, given);
        expect(learned.length).toBe(expected.length);
        learned.forEach((result, index) => {
          expectClose(`result ${index}`, result, there(expected[index]), tolerance);
        });
        const last = expected[expected.length - (given.optimiser.kind === "adam" ? 3 : 1)];
        const product = (to: number) =>
          Array.from({ length: neurons }, (_, from) => {
            const at = from * neurons + to;
            return given.weights[at] === 0 ? 0 : (Math.sin(from + 1) / 2) * last[at];
          }).reduce((a, b) => a + b, 0);
        const units = Array.from({ length: neurons }, (_, to) => product(to));
        expectClose("product", products[1], units, 1e-5);
      }),
    ));

  it.each(activations)("has the slope of %s", (activation) =>
    fc.assert(
      fc.asyncProperty(numbers(40), numbers(40), async (u, x) => {
        const input = u.map((value) => 8 * value);
        const kinks = activation === "hardSigmoid" ? [-3, 3] : [0, 6];
        const smooth = ["tanh", "sigmoid", "linear"].includes(activation);
        const away = (value: number): boolean =>
          smooth || kinks.every((kink) => Math.abs(value - kink) > 0.01);
        const f = formulas.activation[activation];
        const state = Float32Array.from(input, f);
        const step = 1e-5;
        // a difference quotient, which knows f' only from f; at a kink there is none
        const slopes = Array.from(input, (value) => (f(value + step) - f(value - step)) / (2 * step));
        const result = await runOn(
          kernels,
          [
            [state, [8, 5]],
            [x, [8, 5]],
          ],
          (stateTensor, xTensor) => kernels.derivative(activation, stateTensor, xTensor),
        );
        const judged = [...input.keys()].filter((index) => away(input[index]));
        expectClose(
          "slope",
          judged.map((index) => result[index]),
          judged.map((index) => x[index] * slopes[index]),
          1e-5,
        );
      }),
    ),
  );

  it("scores: cross-entropy and right answers, the first of equals", async () => {
    const output = Float32Array.of(0.5, 0.25, 0.25, 0.4, 0.4, 0.2, 0.1, 0.8, 0.1, 0, 1, 0);
    const target = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0);
    const result = await runOn(
      kernels,
      [
        [output, [4, 3]],
        [target, [4, 3]],
      ],
      (given, wanted) => kernels.score(given, wanted),
    );
    // the last output gives its target no probability at all: the least float32 keeps the sum finite
    expectClose("score", result, [-Math.log(0.5 * 0.4 * 0.8) + 126 * Math.log(2), 2], tolerance);
  });

  it("samples rows and means", async () => {
    const tensor = Float32Array.from({ length: 15 }, (_, index) => index);
    const sample = (row: number | "mean", every: number) =>
      runOn(kernels, [[tensor, [3, 5]]], (given) =>
        kernels.sample({ tensor: given, row, units: [1, 5], every }),
      );
    expect([...(await sample(2, 1))]).toEqual([11, 12, 13, 14]);
    expect([...(await sample(0, 3))]).toEqual([1, 4]);
    expect([...(await sample("mean", 2))]).toEqual([6, 8]);
  });

  it("subtracts, and measures magnitudes", async () => {
    const pair = [
      [Float32Array.of(1, -2, 3), [1, 3]],
      [Float32Array.of(2, -2, 5), [1, 3]],
    ] as const;
    expect([...(await runOn(kernels, pair, (a, b) => kernels.difference(a, b)))]).toEqual([-1, 0, -2]);
    expect([...(await runOn(kernels, pair, (a) => kernels.meanMagnitude(a)))]).toEqual([2]);
  });
});
