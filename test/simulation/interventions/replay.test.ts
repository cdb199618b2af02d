import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import type { Checkpoint } from "../../../src/simulation/checkpoint.js";
import type { Intervention } from "../../../src/simulation/command.js";
import type { Run } from "../../../src/simulation/run-description.js";
import { intervention } from "./any-intervention.js";
import { expectSame, runOf, type Steered, steer } from "./steered.js";

type Step = { readonly ticks: number; readonly command: Intervention | "keep" };
const step: fc.Arbitrary<Step> = fc.record({
  ticks: fc.integer({ min: 0, max: 9 }),
  command: fc.oneof(
    { weight: 8, arbitrary: intervention },
    { weight: 1, arbitrary: fc.constant("keep" as const) },
  ),
});

/** Makes the steps of a log. @returns what was refused, and why */
async function make(steered: Steered, log: readonly Step[]): Promise<string[]> {
  const refused: string[] = [];
  for (const { ticks, command } of log) {
    await steered.ticks(ticks);
    if (command === "keep") await steered.keep("kept");
    else {
      try {
        await steered.apply(command);
      } catch (error) {
        if (!(error instanceof EddyError)) throw error;
        refused.push(error.message);
      }
    }
  }
  await steered.ticks(7);
  return refused;
}

/** Makes a log in two parts, in one engine, or the second in another that is restored from what the first left. */
async function play(kernels: Kernels, run: Run, parts: readonly (readonly Step[])[], restored: boolean) {
  const kept = new Map<string, Checkpoint>();
  let steered = steer(kernels, run, { kept });
  await steered.keep("begin");
  const refused = await make(steered, parts[0]);
  if (restored) {
    const from = await steered.snapshot();
    await steered.engine.close();
    steered = steer(kernels, run, { kept, from });
  }
  refused.push(...(await make(steered, parts[1])));
  const snapshot = await steered.snapshot();
  await steered.engine.close();
  return { snapshot, refused };
}

describe("interventions, in whatever order and at whatever tick", () => {
  it.each([
    ["reference", 12],
    ["simd", 20],
  ] as const)(
    "on %s are all that a run depends on: the same log gives the same state, to the bit",
    async (backend, numRuns) => {
      const kernels = await openKernels(backend);
      const variant = fc.record({
        activation: fc.constantFrom("tanh" as const, "sigmoid" as const),
        events: fc.boolean(),
        forward: fc.constantFrom("held" as const, "live" as const),
        optimiser: fc.constantFrom("adam" as const, "sgd" as const),
      });
      await fc.assert(
        fc.asyncProperty(variant, fc.array(step, { maxLength: 12 }), fc.nat(12), async (options, log, at) => {
          const run = runOf(options);
          const parts = [log.slice(0, at), log.slice(at)];
          const first = await play(kernels, run, parts, false);
          for (const restored of [false, true]) {
            const again = await play(kernels, run, parts, restored);
            expectSame(again.snapshot, first.snapshot);
            expect(again.refused).toEqual(first.refused);
          }
          expect(kernels.live()).toBe(0);
        }),
        { numRuns },
      );
      kernels.close();
    },
  );
});
