import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Intervention } from "../../../src/simulation/command.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { batch, expectSame, inputs, neurons, outputs, runOf, tasks } from "../interventions/steered.js";
import { keptEngine, sameProgress } from "./kept-engine.js";

const root = temporaryFolder();
const { modules, pathways } = runOf().network;

const numbers = (length: number) =>
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));
const module = fc.constantFrom(...modules.keys());
const kind = <Kind extends Intervention["kind"]>(name: Kind) => fc.constant(name);

const intervention: fc.Arbitrary<Intervention> = fc.oneof(
  fc.record({
    kind: kind("gate"),
    pathway: fc.constantFrom(...pathways.keys()),
    gate: fc.constantFrom(0, 0.5),
  }),
  fc.record({ kind: kind("noise"), module, deviation: fc.constantFrom(0, 0.2) }),
  // one that comes while an error is on its way waits for the end of the phase
  fc.record({
    kind: kind("stimulus"),
    task: fc.constantFrom(...tasks),
    input: numbers(batch * inputs),
    target: fc.option(numbers(batch * outputs), { nil: null }),
    trial: fc.constant(null),
  }),
  fc.record({
    kind: kind("drive"),
    module,
    block: fc.constant(null),
    values: numbers(neurons),
    ticks: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ kind: kind("reset"), what: fc.constantFrom("state", "weights"), seed: fc.constant(null) }),
);

describe("a run that was cut at any tick and opened again from its checkpoint", () => {
  it.each([
    ["reference", 15],
    ["simd", 25],
  ] as const)("on %s goes on as if it had never been, to the bit", async (backend, numRuns) => {
    const kernels = await openKernels(backend);
    let folders = 0;
    const scenario = fc.record({
      cut: fc.integer({ min: 0, max: 40 }),
      after: fc.integer({ min: 1, max: 30 }),
      log: fc.array(fc.tuple(fc.integer({ min: 0, max: 69 }), intervention), { maxLength: 6 }),
      events: fc.boolean(),
      optimiser: fc.constantFrom("adam" as const, "sgd" as const),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ cut, after, log, events, optimiser }) => {
        folders += 1;
        const [wholeFolder, cutFolder] = ["whole", "cut"].map((name) =>
          join(root, `${backend}-${folders}-${name}`),
        );
        const run = runOf({ events, optimiser });
        const play = async (engine: Awaited<ReturnType<typeof keptEngine>>, first: number, end: number) => {
          for (let tick = first; tick < end; tick++) {
            for (const [at, command] of log) if (at === tick) await engine.apply(command);
            await engine.ticks(1);
          }
        };
        const whole = await keptEngine(kernels, { folder: wholeFolder, everyTicks: 7 }, { run });
        await play(whole, 0, cut + after);
        const before = await keptEngine(kernels, { folder: cutFolder }, { run });
        await play(before, 0, cut);
        await before.checkpoint();
        await before.engine.close();
        const again = await keptEngine(kernels, { folder: cutFolder }, { run, from: cutFolder });
        await play(again, cut, cut + after);
        const [wanted, given] = [await whole.engine.capture(), await again.engine.capture()];
        expectSame(given.snapshot, wanted.snapshot);
        expect(sameProgress(given)).toEqual(sameProgress(wanted));
        for (const { engine } of [whole, again]) await engine.close();
        expect(kernels.live()).toBe(0);
      }),
      { numRuns, seed: 64 },
    );
    kernels.close();
  });
});
