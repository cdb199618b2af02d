import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { activate } from "../../kernels/activations.js";
import type { Tensor } from "../../kernels/kernels.js";
import { random } from "../../model/random.js";
import { strictObject } from "../../model/validate.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
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

/** A module at a step: `h = f(u)`. */
interface Visited {
  /** [neurons] before the activation */
  readonly u: Float32Array;
  /** [neurons] */
  readonly h: Float32Array;
}

const stepsAtATime = 100;

/** [steps + 1] what a module passes through, one iteration after the other. @param start [neurons] u */
async function visitedFrom(
  start: Float32Array,
  { module, matrix, bias, drive }: OneModule,
  steps: number,
  { kernels, signal, progress }: MeasureContext,
): Promise<readonly Visited[]> {
  const { neurons, activation, timeStep } = module;
  const state = Float64Array.from(start);
  activate(activation, state, neurons);
  const visited: Visited[] = [{ u: start, h: Float32Array.from(state) }];
  let from: Tensor = kernels.tensor(visited[0].h, [1, neurons]);
  try {
    for (let step = 1; step <= steps; step++) {
      const how = { matrix, bias, timeStep, from, drive, iterations: 1 };
      // without its activation a module ends an iteration at u
      const [{ state: u }] = kernels.settle([{ ...how, activation: "linear" }]);
      const [{ state: h }] = kernels.settle([{ ...how, activation }]);
      kernels.dispose(from);
      from = h;
      const reads = Promise.all([kernels.read(u), kernels.read(h)]).finally(() => kernels.dispose(u));
      const [readU, readH] = await reads;
      visited.push({ u: readU, h: readH });
      if (step % stepsAtATime > 0) continue;
      progress(step / steps, `step ${step} of ${steps}`);
      await setImmediate();
      signal.throwIfAborted();
    }
    return visited;
  } finally {
    kernels.dispose(from);
  }
}

/**
 * States of some units of a module while it iterates, before the activation (`u`) and after it (`state`, which is
 * f(u)), and the difference of each to the step before (`du` and `difference`); u starts uniform in +-1.
 * @see Liu et al. 2026, fig 2d
 */
export const states: Measure<Options> = {
  about: "states of some units of a module, iteration by iteration, and their one-step differences",
  options,
  async measure(run, chosen, context): Promise<readonly Row[]> {
    return withModule(run, chosen, context, async (one) => {
      const { name, neurons } = one.module;
      const source = random(run.seed, `states ${name}`);
      const start = Float32Array.from({ length: neurons }, () => source.uniform(-1, 1));
      const visited = await visitedFrom(start, one, chosen.steps, context);
      const units = Math.min(chosen.units, neurons);
      return visited.flatMap(({ u, h }, step) =>
        Array.from({ length: units }, (_unused, i): Row => {
          const unit = Math.floor((i * neurons) / units);
          const before = step === 0 ? null : visited[step - 1];
          return {
            step,
            unit,
            u: u[unit],
            du: before && u[unit] - before.u[unit],
            state: h[unit],
            difference: before && h[unit] - before.h[unit],
          };
        }),
      );
    });
  },
};
