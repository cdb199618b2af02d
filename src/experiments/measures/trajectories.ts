import { z } from "zod";
import { ruleOf } from "../../model/learning-rules.js";
import { principalComponents } from "../../model/principal-components.js";
import { strictObject } from "../../model/validate.js";
import { presentTrial } from "../../simulation/epoch-plan.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import type { StimulusSource } from "../../streams/stimulus.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { moduleTrajectories, type Trajectories } from "../module-trajectories.js";
import { moduleOf, moduleOption } from "../one-module.js";
import { products, similarity } from "../similarity.js";
import { type Trained, trained } from "../trained.js";

const iterations = z.int().min(1).max(10_000);

const options = strictObject({
  module: moduleOption,
  inference: z
    .array(iterations)
    .min(1)
    .max(32)
    .default([2, 3, 4, 8])
    .describe("iterations of the inference phase, a trajectory each"),
  learning: iterations.optional().describe("iterations of the learning phase; default: as many as before it"),
  example: z.int().min(0).default(0).describe("which training example is presented"),
  endPoint: iterations
    .default(64)
    .describe("iterations of both phases after which the end-point error is taken"),
});

type Options = z.output<typeof options>;

const share = 0.9;

/** `z - y` at a step of the learning phase; with STE z is the inference phase's state at the same step. */
function errorAt({ inference, learning }: Trajectories, step: number, sameStep: boolean): Float64Array {
  const end = inference.length - 1;
  const z = inference[sameStep ? Math.min(step, end) : end];
  return Float64Array.from(z, (value, unit) => value - learning[step][unit]);
}

/** One line for each state of all trajectories, which share their principal components. */
function rowsOf(
  trajectories: readonly Trajectories[],
  endPointError: Float64Array,
  sameStep: boolean,
): Row[] {
  const points = trajectories.flatMap((one) => {
    const shared = { iterations: `${one.inference.length - 1}-${one.learning.length - 1}` };
    const inferred = one.inference.map((state, step) => ({
      ...shared,
      phase: "inference",
      step,
      state,
      cosine: null,
    }));
    const learned = one.learning.map((state, step) => ({
      ...shared,
      phase: "learning",
      step,
      state,
      cosine: step === 0 ? null : similarity(products(errorAt(one, step, sameStep), endPointError)).cosine,
    }));
    return [...inferred, ...learned];
  });
  const { coordinates, shares } = principalComponents(
    points.map(({ state }) => state),
    3,
  );
  const explained = 100 * shares.reduce((sum, part) => sum + part, 0);
  return points.map(({ phase, iterations, step, cosine }, i) => {
    const [pc1, pc2, pc3] = coordinates[i];
    return { phase, iterations, step, pc1, pc2, pc3, explained, cosine };
  });
}

async function follow(
  run: Run,
  sources: ReadonlyMap<string, StimulusSource>,
  { parameters }: Trained,
  chosen: Options,
  { kernels, signal, progress }: MeasureContext,
): Promise<Row[]> {
  const tasks = [...sources.keys()];
  const trial = presentTrial(run, sources, { tasks, first: chosen.example, count: 1 }, "training");
  const module = moduleOf(run, chosen.module).name;
  const along = (inference: number, learning: number): Promise<Trajectories> =>
    moduleTrajectories(kernels, run, parameters, { module, trial, tasks, inference, learning });
  const { endPoint } = chosen;
  const settled = await along(endPoint, endPoint);
  const endPointError = errorAt(settled, settled.learning.length - 1, false);
  const trajectories: Trajectories[] = [];
  for (const inference of new Set(chosen.inference)) {
    signal.throwIfAborted();
    trajectories.push(await along(inference, chosen.learning ?? inference));
    progress(
      share + ((1 - share) * trajectories.length) / chosen.inference.length,
      `${inference} iterations`,
    );
  }
  return rowsOf(trajectories, endPointError, ruleOf(run).phases[1].start === "zero");
}

/**
 * The states that one module passes through in both phases of a trial, in three principal components of all of them
 * together, for several lengths of the inference phase, after the epochs of the run. `iterations` has those of both
 * phases, as "8-8"; `explained` is the share of variance of the three components, percent; `cosine`, in the learning
 * phase, is that between the error `z - y` at this step and the end-point error, which both phases have once they have
 * settled.
 * @see Liu et al. 2026, fig 3b and e
 */
export const trajectories: Measure<Options> = {
  about:
    "states of a module in both phases, in three principal components, and how parallel their error is to the end-point error",
  options,
  async measure(run, chosen, context): Promise<readonly Row[]> {
    moduleOf(run, chosen.module);
    const sources = openStimuli(run, context.data);
    return trained(run, sources, context, { share }, (network) =>
      follow(run, sources, network, chosen, context),
    );
  },
};
