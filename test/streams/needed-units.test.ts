import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { errorPerturbedError, shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import type { GradientPart, LearningRule } from "../../src/model/learning-rule.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { type Numbers, numbersOf, type Run, runPhased } from "./run-network.js";
import { spoilingKernels } from "./spoiling-kernels.js";

type Network = ReturnType<typeof resolveNetwork>;

/** What several trials leave of a network of which nobody watches more than is needed, and of one that is whole. */
async function bothWays(network: Network, run: Run) {
  const learn = async (whole: boolean) => {
    const kernels = spoilingKernels(referenceKernels());
    const phased = runPhased(network, { ...run, kernels }, { inference: 3, learning: 2 }, { whole });
    const answers: Numbers[] = [];
    for (let number = 0; number < 4; number++) {
      const trial = phased.trial(number);
      if (number % 2 === 0) phased.learn(trial);
      else phased.infer(trial);
      answers.push(await numbersOf(kernels, phased.state));
    }
    phased.close();
    expect(kernels.live()).toBe(0);
    const results = answers.map((numbers) =>
      Object.entries(numbers).filter(([name]) => /^(outputs|outputErrors|weights) /.test(name)),
    );
    return { results, spoilt: kernels.spoilt() };
  };
  return { whole: await learn(true), needed: await learn(false) };
}

/** Fails unless all numbers are equal and none is NaN. */
function expectEqual(
  given: readonly [string, Float32Array][],
  wanted: readonly [string, Float32Array][],
): void {
  expect(given.map(([name]) => name)).toEqual(wanted.map(([name]) => name));
  for (const [i, [name, values]] of wanted.entries()) {
    const differs = values.findIndex((value, k) => value !== given[i][1][k]);
    if (differs >= 0) expect.fail(`${name}[${differs}] is ${given[i][1][differs]}, whole ${values[differs]}`);
  }
}

const part = fc.record<GradientPart>({
  source: fc.constantFrom("inference", "learning"),
  target: fc.constantFrom("error", "inference", "learning"),
  scale: fc.constantFrom(1, -0.5),
});

/** Rules of every kind that a value can say. */
const anyRule: fc.Arbitrary<LearningRule> = fc
  .record({
    start: fc.constantFrom("zero" as const, "previous" as const),
    forward: fc.constantFrom("nothing" as const, "state" as const, "held" as const),
    iterations: fc.constantFrom("learning" as const, 0, 1),
    gradient: fc.array(part, { minLength: 1, maxLength: 3 }),
  })
  .map(({ gradient, ...changed }) => {
    const [inference, learning] = shortTrajectoryError.phases;
    return { ...shortTrajectoryError, phases: [inference, { ...learning, ...changed }], gradient };
  });

describe("a phased network that leaves out units that nobody reads", () => {
  it.each([
    ["STE", shortTrajectoryError],
    ["EPE", errorPerturbedError],
  ])("answers and learns as a whole one, with %s", async (_, rule) => {
    for (const description of [
      chain({ modules: 3, neurons: 16, inputs: 5, outputs: 3, task: "classes" }),
      twoTasks({ preset: "shared-feedback", neurons: 24, inputs: 5, outputs: 2, tasks: ["one", "other"] }),
    ]) {
      const { whole, needed } = await bothWays(resolveNetwork(description), { seed: 3, rule });
      needed.results.forEach((numbers, i) => {
        expectEqual(numbers, whole.results[i]);
      });
      expect(whole.spoilt).toBe(0);
      expect(needed.spoilt).toBeGreaterThan(0);
    }
  });

  it("does so on any graph, whatever a rule reads", async () => {
    await fc.assert(
      fc.asyncProperty(networkDescription({ gates: true }), anyRule, async (description, rule) => {
        const { whole, needed } = await bothWays(resolveNetwork(description), { seed: 1, rule });
        needed.results.forEach((numbers, i) => {
          expectEqual(numbers, whole.results[i]);
        });
      }),
      seeded(150),
    );
  });
});
