import { setTimeout as pauseMs } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { poolWords } from "../../../src/kernels/simd/arena.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { random } from "../../../src/model/random.js";
import { activations, type Numbers, neededOf, type SettleCase } from "../../arbitraries/kernel-cases.js";
import { runDrive, runLearn, runLearnMatrix, runOn, runReadout, runSettle } from "../run-case.js";
import { joined, type OpenVariant, openVariant, variants } from "./engines.js";
import {
  batches,
  demands,
  densities,
  largeDrive,
  largeLearn,
  largeLearnMatrix,
  largeReadout,
  largeSettle,
  values,
} from "./large-cases.js";

type Call = (kernels: Kernels) => Promise<readonly Numbers[]>;

const bits = (numbers: Numbers): Uint32Array => new Uint32Array(numbers.slice().buffer);

/** All results of a settling; what is not needed has no one value. */
const settling =
  (given: SettleCase): Call =>
  async (kernels) => {
    const { state, report, propagated } = await runSettle(kernels, given);
    const parts: Numbers[] = [Float32Array.from(neededOf(given, state))];
    if (report) parts.push(report);
    if (propagated) parts.push(propagated.spoken, propagated.sum);
    return parts;
  };

/** Number by number, one after the other. */
const elementwise =
  (seed: number, batch: number, units: number): Call =>
  async (kernels) => {
    const source = random(seed, "elementwise");
    const inputs = [
      [values(source, batch * units), [batch, units]],
      [values(source, batch * units), [batch, units]],
    ] as const;
    const results = [await runOn(kernels, inputs, (a, b) => kernels.difference(a, b))];
    for (const activation of activations) {
      results.push(await runOn(kernels, inputs, (a, b) => kernels.derivative(activation, a, b)));
    }
    return results;
  };

/** Several modules of one network in one settle. */
const network =
  (seed: number, batch: number): Call =>
  async (kernels) => {
    const cases = [300, 385, 128].map((neurons, index) =>
      largeSettle(seed + index, {
        neurons,
        batch,
        density: densities[index],
        demand: "state",
        fromZero: index === 1,
      }),
    );
    const owned = cases.map(({ matrix, drive, from, neurons }) => ({
      matrix: kernels.matrix(sparseWeights(matrix, neurons)),
      drive: kernels.tensor(drive, [batch, neurons]),
      from: from ? kernels.tensor(from, [batch, neurons]) : ("zero" as const),
    }));
    const settled = kernels.settle(
      owned.map((handles, index) => ({ ...handles, activation: "tanh", iterations: 1 + index })),
    );
    const results = await Promise.all(settled.map(({ state }) => kernels.read(state)));
    for (const { state } of settled) kernels.dispose(state);
    for (const { matrix, drive, from } of owned) {
      for (const handle of [matrix, drive]) kernels.dispose(handle);
      if (from !== "zero") kernels.dispose(from);
    }
    return results;
  };

describe(`${variants.join(", ")} with 1, 2 and 3 threads`, () => {
  let engines: readonly OpenVariant[] = [];

  beforeAll(async () => {
    engines = variants.flatMap((variant) => [1, 2, 3].map((threads) => openVariant(variant, threads)));
    for (const engine of engines) await joined(engine);
  });

  afterAll(() => {
    for (const { name, kernels } of engines) {
      expect(kernels.live(), `handles left in ${name}`).toBe(0);
      kernels.close();
    }
  });

  /** Makes the call everywhere and compares with the first. */
  async function expectSame(call: Call): Promise<void> {
    const [first, ...others] = engines;
    const expected = (await call(first.kernels)).map(bits);
    for (const { name, kernels } of others) {
      const actual = (await call(kernels)).map(bits);
      expect(actual.length, name).toBe(expected.length);
      actual.forEach((result, index) => {
        const differs = result.findIndex((word, at) => word !== expected[index][at]);
        const place = `result ${index} of ${name} differs from ${first.name} first at`;
        expect(`${place} ${differs} of ${result.length}`).toBe(`${place} -1 of ${expected[index].length}`);
      });
    }
  }

  it.each(batches)("settle a batch of %d", async (batch) => {
    let seed = batch;
    for (const density of densities) {
      for (const demand of demands) {
        for (const fromZero of [true, false]) {
          const neurons = density === 1 ? 300 : 457;
          await expectSame(settling(largeSettle(seed++, { neurons, density, batch, demand, fromZero })));
        }
      }
    }
  });

  const seeds = fc.record({ seed: fc.integer(), batch: fc.constantFrom(...batches) });

  it("settle anything", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          neurons: fc.integer({ min: 100, max: 700 }),
          density: fc.constantFrom(...densities),
          batch: fc.oneof(fc.constantFrom(...batches), fc.integer({ min: 1, max: 130 })),
          demand: fc.constantFrom(...demands),
          fromZero: fc.boolean(),
        }),
        ({ seed, ...sizes }) => expectSame(settling(largeSettle(seed, sizes))),
      ),
      { numRuns: 15 },
    ));

  it("several modules in one call", () =>
    fc.assert(
      fc.asyncProperty(seeds, ({ seed, batch }) => expectSame(network(seed, batch))),
      { numRuns: 8 },
    ));

  it("drive", () =>
    fc.assert(
      fc.asyncProperty(seeds, ({ seed, batch }) =>
        expectSame(async (kernels) => [await runDrive(kernels, largeDrive(seed, batch))]),
      ),
      { numRuns: 25 },
    ));

  it("readout", () =>
    fc.assert(
      fc.asyncProperty(seeds, ({ seed, batch }) =>
        expectSame(async (kernels) => [await runReadout(kernels, largeReadout(seed, batch))]),
      ),
      { numRuns: 25 },
    ));

  it.each(["adam", "sgd"] as const)("learn by %s", (kind) =>
    fc.assert(
      fc.asyncProperty(fc.integer(), (seed) =>
        expectSame((kernels) => runLearn(kernels, largeLearn(seed, kind))),
      ),
      { numRuns: 15 },
    ),
  );

  it.each(["adam", "sgd"] as const)("learn the connections of a matrix by %s", (kind) =>
    fc.assert(
      fc.asyncProperty(fc.integer(), (seed) =>
        expectSame(async (kernels) => {
          const { learned, products } = await runLearnMatrix(kernels, largeLearnMatrix(seed, kind));
          return [...learned, ...products];
        }),
      ),
      { numRuns: 8 },
    ),
  );

  it("difference and derivative", async () => {
    for (const batch of batches) await expectSame(elementwise(batch, batch, 333));
  });

  it("with threads that fall asleep and are woken", async () => {
    const call = settling(
      largeSettle(7, { neurons: 600, density: 0.22, batch: 20, demand: "tolerance", fromZero: false }),
    );
    let slept = 0;
    for (let round = 0; round < 6; round++) {
      await pauseMs(50);
      for (const { arena } of engines) slept += Atomics.load(arena.pool, poolWords.sleepers);
      await expectSame(call);
    }
    expect(slept, "threads asleep before calls").toBeGreaterThan(0);
  });

  it("and all threads were there for parts of it", () => {
    for (const { arena, threads } of engines) {
      const [here, , , done] = arena.pool;
      expect(threads > 1 ? here : 1).toBe(threads);
      if (threads > 1) expect(done).toBeGreaterThan(100);
    }
  });
});
