import { z } from "zod";
import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { random } from "../../model/random.js";
import { strictObject } from "../../model/validate.js";
import type { Measure, Row } from "../measure.js";
import { dynamicsOptions, type OneModule, withModule } from "../one-module.js";

const options = strictObject({
  ...dynamicsOptions,
  steps: z.int().min(1).max(10_000).default(50).describe("iterations"),
  units: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe("how many units are looked at, evenly spaced over the module"),
});

type Options = z.output<typeof options>;

/** [steps + 1][neurons] the states of a module from `start` on, one iteration after the other. */
async function statesFrom(
  kernels: Kernels,
  { module, matrix, bias, drive }: OneModule,
  start: Float32Array,
  steps: number,
): Promise<readonly Float32Array[]> {
  const { neurons, activation, timeStep } = module;
  const reads = [Promise.resolve(start)];
  let from: Tensor = kernels.tensor(start, [1, neurons]);
  for (let step = 0; step < steps; step++) {
    const [{ state }] = kernels.settle([{ matrix, bias, activation, timeStep, from, drive, iterations: 1 }]);
    kernels.dispose(from);
    from = state;
    reads.push(kernels.read(state));
  }
  return Promise.all(reads).finally(() => kernels.dispose(from));
}

/**
 * States of some units of a module while it iterates, and the difference of each to the step before; starts uniform in
 * +-1.
 */
export const states: Measure<Options> = {
  about: "states of some units of a module, iteration by iteration, and their one-step differences",
  options,
  async measure(run, chosen, context): Promise<readonly Row[]> {
    return withModule(run, chosen, context, async (one) => {
      const { name, neurons } = one.module;
      const source = random(run.seed, `states ${name}`);
      const start = Float32Array.from({ length: neurons }, () => source.uniform(-1, 1));
      const visited = await statesFrom(context.kernels, one, start, chosen.steps);
      const units = Math.min(chosen.units, neurons);
      return visited.flatMap((state, step) =>
        Array.from({ length: units }, (_unused, i): Row => {
          const unit = Math.floor((i * neurons) / units);
          const difference = step === 0 ? null : state[unit] - visited[step - 1][unit];
          return { step, unit, state: state[unit], difference };
        }),
      );
    });
  },
};
