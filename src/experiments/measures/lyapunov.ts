import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { lyapunovExponent, type Perturbed, perturbationGrowth } from "../../model/lyapunov.js";
import { random } from "../../model/random.js";
import { strictObject } from "../../model/validate.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { dynamicsOptions, withModule } from "../one-module.js";

const options = strictObject({
  ...dynamicsOptions,
  steps: z.int().min(1).max(1_000_000).default(1000).describe("of the maximum exponent (mle)"),
  finite: z.int().min(1).max(1_000_000).default(8).describe("steps of the finite-time exponent (ftmle)"),
  margin: z
    .number()
    .min(0)
    .default(0.02)
    .describe(
      "|mle| up to this counts as periodic: after finitely many steps a module that neither settles nor is chaotic is a little off zero",
    ),
});

type Options = z.output<typeof options>;

/** The dynamics that an exponent tells of (fig 2c): perturbations die out, neither die out nor grow, or grow. */
const regionOf = (mle: number, margin: number): string =>
  mle < -margin ? "stable" : mle > margin ? "chaotic" : "periodic";

/** A perturbation of which nothing is left has no exponent that a table could hold. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

const stepsAtATime = 100;

/** [steps] growth of a perturbation, some steps at a time, between which others have their turn. */
async function growthOf(
  perturbed: Perturbed,
  steps: number,
  { signal, progress }: MeasureContext,
): Promise<Float64Array> {
  const growth = new Float64Array(steps);
  const grows = perturbationGrowth(perturbed);
  for (let step = 0; step < steps; step++) {
    if (step % stepsAtATime === 0) {
      progress(step / steps, `step ${step} of ${steps}`);
      await setImmediate();
      signal.throwIfAborted();
    }
    growth[step] = grows.next().value;
  }
  return growth;
}

/**
 * Maximum Lyapunov exponent of a module and its finite-time form, in natural logarithms a step. Without a drive by
 * default, as in the paper's description, which adds nothing to `W f(u)`; start uniform in +-1, direction of the
 * perturbation uniform on the sphere.
 * @see Liu et al. 2026, fig 2c; Materials and methods, Maximum Lyapunov exponent; Wolf et al. 1985
 */
export const lyapunov: Measure<Options> = {
  about: "maximum Lyapunov exponent of a module, and its finite-time form",
  options,
  async measure(run, chosen, context): Promise<readonly Row[]> {
    const { steps, finite, margin } = chosen;
    const { kernels } = context;
    return withModule(run, chosen, context, async ({ module, matrix, bias, drive }) => {
      const [weights, entering, constant] = await Promise.all([
        kernels.weights(matrix),
        kernels.read(drive),
        bias ? kernels.read(bias) : null,
      ]);
      const source = random(run.seed, `Lyapunov ${module.name}`);
      const { neurons, activation, timeStep } = module;
      const perturbed = {
        weights,
        activation,
        timeStep,
        drive: Float64Array.from(entering, (value, unit) => value + (constant?.[unit] ?? 0)),
        start: Float64Array.from({ length: neurons }, () => source.uniform(-1, 1)),
        perturbation: Float64Array.from({ length: neurons }, () => source.normal(1)),
      };
      const growth = await growthOf(perturbed, Math.max(steps, finite), context);
      const mle = lyapunovExponent(growth, steps);
      const region = regionOf(mle, margin);
      return [{ mle: finiteOrNull(mle), ftmle: finiteOrNull(lyapunovExponent(growth, finite)), region }];
    });
  },
};
