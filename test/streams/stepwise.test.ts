import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { errorPerturbedError, shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { errorOf } from "../error-of.js";
import { bits, numbersOf, type Run, runPhased } from "./run-network.js";

type Network = ReturnType<typeof resolveNetwork>;

/** What some trials leave, and how many states were told of. */
async function outcome(network: Network, run: Run, options: { stepwise?: boolean; whole?: boolean }) {
  const kernels = referenceKernels();
  const phased = runPhased(network, { ...run, kernels }, { inference: 3, learning: 2 }, options);
  const told: string[] = [];
  phased.events.subscribe((event) => {
    if (event.kind === "state") told.push(`${event.phase} ${event.module}`);
  });
  phased.learn(phased.trial(0));
  phased.infer(phased.trial(1));
  phased.learn(phased.trial(2));
  const numbers = bits(await numbersOf(kernels, phased.state));
  phased.close();
  expect(kernels.live()).toBe(0);
  return { numbers, told };
}

describe("stepwise phased operation", () => {
  it("leaves, to the bit, what a phase at a time leaves, on any graph", async () => {
    const rule = fc.constantFrom(shortTrajectoryError, errorPerturbedError);
    await fc.assert(
      fc.asyncProperty(networkDescription({ gates: true }), rule, async (description, rule) => {
        const network = resolveNetwork(description);
        const stepwise = await outcome(network, { seed: 1, rule }, { stepwise: true });
        expect(stepwise.numbers).toEqual((await outcome(network, { seed: 1, rule }, {})).numbers);
      }),
      seeded(100),
    );
  });

  it("learns the same weights without the units that nobody reads", async () => {
    const network = resolveNetwork(chain({ modules: 2, neurons: 16, inputs: 5, outputs: 3 }));
    const weights = async (options: { stepwise?: boolean; whole?: boolean }) =>
      Object.entries((await outcome(network, { seed: 2 }, options)).numbers).filter(([name]) =>
        name.startsWith("weights"),
      );
    expect(await weights({ stepwise: true, whole: false })).toEqual(await weights({}));
  });

  it("tells of every iteration", async () => {
    const network = resolveNetwork(chain({ modules: 2, neurons: 16, inputs: 5, outputs: 3 }));
    const { told } = await outcome(network, { seed: 2 }, { stepwise: true });
    const phase = (name: string, count: number, ...modules: string[]) =>
      modules.flatMap((module) => Array.from({ length: count }, () => `${name} ${module}`));
    const inference = phase("inference", 3, "m1", "m2");
    const learning = phase("learning", 2, "m2", "m1");
    expect(told).toEqual([...inference, ...learning, ...inference, ...inference, ...learning]);
  });

  it("refuses to end phases early", () => {
    const network = resolveNetwork(chain({ modules: 1, neurons: 16, inputs: 5, outputs: 3 }));
    const open = () =>
      runPhased(network, { seed: 1 }, { inference: 3, learning: 2, tolerance: 0.1 }, { stepwise: true });
    expect(errorOf(open).code).toBe("INVALID_ARGUMENT");
  });
});
