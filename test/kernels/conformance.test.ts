import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
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
import { clearOfEpsilon, clearOfTolerance, trajectory } from "./formulas.js";
import { tfjsBackends } from "./open-backends.js";
import { runDrive, runLearn, runLearnMatrix, runOn, runReadout, runSettle } from "./run-case.js";

const tolerance = 1e-5;

/** States at the ends and inside of each activation's range. */
const states = Float32Array.of(-1, -0.75, 0, 0.25, 0.5, 1, 5.5, 6);

/** Two batches of rows, on a grid: equal largest values, zeros and negative outputs occur. */
const wideCase = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 21 }))
  .chain(([batch, units]) =>
    fc.record({
      batch: fc.constant(batch),
      units: fc.constant(units),
      data: numbers(batch * units, "grid"),
      other: numbers(batch * units, "grid"),
      from: fc.nat({ max: units }),
      every: fc.integer({ min: 1, max: 5 }),
      row: fc.oneof(fc.constant("mean" as const), fc.nat({ max: batch - 1 })),
    }),
  );

for (const { name, available, detail } of tfjsBackends) {
  describe.skipIf(!available)(`${name} keeps to reference ${available ? "" : `(${detail})`}`, () => {
    const reference = referenceKernels();
    let kernels: Kernels;

    beforeAll(async () => {
      kernels = await openKernels(name);
    });

    afterAll(() => {
      expect([kernels.live(), reference.live()], "handles left").toEqual([0, 0]);
      kernels.close();
      reference.close();
    });

    it("drive", () =>
      fc.assert(
        fc.asyncProperty(driveCase, async (given) => {
          expectClose("drive", await runDrive(kernels, given), await runDrive(reference, given), tolerance);
        }),
      ));

    it("readout", () =>
      fc.assert(
        fc.asyncProperty(readoutCase, async (given) => {
          expectClose(
            "output",
            await runReadout(kernels, given),
            await runReadout(reference, given),
            tolerance,
          );
        }),
      ));

    it("settle", () =>
      fc.assert(
        fc.asyncProperty(settleCase, async (given) => {
          fc.pre(clearOfTolerance(given, trajectory(given).residuals));
          const actual = await runSettle(kernels, given);
          const expected = await runSettle(reference, given);
          expectClose("state", neededOf(given, actual.state), neededOf(given, expected.state), tolerance);
          expect(actual.propagated).toBeNull();
          expect(actual.report === null).toBe(expected.report === null);
          if (!actual.report || !expected.report) return;
          expectClose("residual", [actual.report[0]], [expected.report[0]], tolerance);
          expect(actual.report[1], "iterations").toBe(expected.report[1]);
        }),
      ));

    it("settle by changes only", () =>
      fc.assert(
        fc.asyncProperty(changesSettleCase, async (given) => {
          const formula = trajectory(given);
          fc.pre(clearOfTolerance(given, formula.residuals) && clearOfEpsilon(given, formula));
          const actual = await runSettle(kernels, given);
          const expected = await runSettle(reference, given);
          expectClose("state", actual.state, expected.state, tolerance);
          for (const part of ["spoken", "sum"] as const) {
            expectClose(part, actual.propagated?.[part] ?? [], expected.propagated?.[part] ?? [], tolerance);
          }
          expect(actual.report?.[1], "iterations").toBe(expected.report?.[1]);
        }),
      ));

    it("settle with epsilon 0 as by full products", () =>
      fc.assert(
        fc.asyncProperty(settleCase, async (given) => {
          fc.pre(clearOfTolerance(given, trajectory(given).residuals));
          const changes = { epsilon: 0, remembered: null };
          const whole = await runSettle(kernels, given);
          const spoken = await runSettle(kernels, { ...given, needed: null, changes });
          expectClose("state", neededOf(given, spoken.state), neededOf(given, whole.state), tolerance);
        }),
      ));

    it("settle without recurrence", () =>
      fc.assert(
        fc.asyncProperty(fc.oneof(settleCase, changesSettleCase), async (given) => {
          const layer = { ...given, matrix: given.matrix.map(() => 0) };
          const formula = trajectory(layer);
          fc.pre(clearOfTolerance(layer, formula.residuals) && clearOfEpsilon(layer, formula));
          const actual = await runSettle(kernels, layer);
          const expected = await runSettle(reference, layer);
          expectClose("state", neededOf(layer, actual.state), neededOf(layer, expected.state), tolerance);
          expect(actual.report?.[1], "iterations").toBe(expected.report?.[1]);
        }),
      ));

    it("learn", () =>
      fc.assert(
        fc.asyncProperty(learnCase, async (given) => {
          const actual = await runLearn(kernels, given);
          const expected = await runLearn(reference, given);
          expect(actual.length).toBe(expected.length);
          actual.forEach((result, index) => {
            expectClose(`result ${index}`, result, expected[index], tolerance);
          });
        }),
      ));

    it("learn the connections of a matrix", () =>
      fc.assert(
        fc.asyncProperty(learnMatrixCase, async (given) => {
          const actual = await runLearnMatrix(kernels, given);
          const expected = await runLearnMatrix(reference, given);
          for (const part of ["learned", "products"] as const) {
            expect(actual[part].length).toBe(expected[part].length);
            actual[part].forEach((result, index) => {
              expectClose(`${part} ${index}`, result, expected[part][index], tolerance);
            });
          }
        }),
      ));

    it.each(activations)("derivative of %s", (activation) =>
      fc.assert(
        fc.asyncProperty(numbers(states.length), async (x) => {
          const inputs = [
            [states, [2, 4]],
            [x, [2, 4]],
          ] as const;
          const actual = await runOn(kernels, inputs, (h, given) => kernels.derivative(activation, h, given));
          const expected = await runOn(reference, inputs, (h, given) =>
            reference.derivative(activation, h, given),
          );
          expectClose("derivative", actual, expected, tolerance);
        }),
        { numRuns: 10 },
      ),
    );

    it("difference, score, sample and meanMagnitude", () =>
      fc.assert(
        fc.asyncProperty(wideCase, async ({ batch, units, data, other, from, every, row }) => {
          const inputs = [
            [data, [batch, units]],
            [other, [batch, units]],
          ] as const;
          const both = async (what: string, use: (on: Kernels) => Promise<Float32Array>) =>
            expectClose(what, await use(kernels), await use(reference), tolerance);
          await both("difference", (on) => runOn(on, inputs, (a, b) => on.difference(a, b)));
          // a target has no negative parts, which would let large logarithms cancel
          const scored = [inputs[0], [other.map(Math.abs), [batch, units]]] as const;
          await both("score", (on) => runOn(on, scored, (a, b) => on.score(a, b)));
          await both("meanMagnitude", (on) => runOn(on, inputs, (a) => on.meanMagnitude(a)));
          await both("sample", (on) =>
            runOn(on, inputs, (tensor) => on.sample({ tensor, row, units: [from, units], every })),
          );
        }),
      ));
  });
}
