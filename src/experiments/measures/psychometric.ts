import { z } from "zod";
import { invariant } from "../../errors.js";
import { random } from "../../model/random.js";
import { invalid, strictObject } from "../../model/validate.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import type { Run } from "../../simulation/run-description.js";
import { openGates } from "../../streams/open-gates.js";
import type { PhasedNetwork } from "../../streams/phased.js";
import { gaborImage } from "../../streams/tasks/gabor.js";
import { type GaborTask, gaborTask } from "../gabor-task.js";
import type { Measure, MeasureContext, Row } from "../measure.js";
import { phasedBeside } from "../phased-beside.js";
import { type Trained, trained } from "../trained.js";

const options = strictObject({
  largest: z.number().positive().max(90).default(12).describe("tilt to either side, degrees"),
  by: z.number().positive().max(90).default(1).describe("step from one tilt to the next, degrees"),
  images: z.int().min(1).max(100_000).default(100).describe("of every tilt, with the noise of the task"),
});

type Options = z.output<typeof options>;

/** Class 1 is a tilt to the right. */
const right = 1;
const share = 0.9;

/** From the largest tilt to the left to the largest to the right, zero among them. */
function tilts({ largest, by }: Options): number[] {
  const steps = Math.floor(largest / by);
  return Array.from({ length: 2 * steps + 1 }, (_unused, i) => (i - steps) * by);
}

/** [images, pixels] patches of one tilt; the noise of image i is the same for every tilt. */
function patchesOf(degrees: number, noise: number, seeds: readonly number[]): Float32Array {
  const images = seeds.map((seed) => gaborImage({ degrees, noise, seed }));
  const input = new Float32Array(images.length * images[0].length);
  images.forEach((image, i) => {
    input.set(image, i * image.length);
  });
  return input;
}

/** Outputs for patches of one tilt. @returns [images] confidence that they tilt to the right, in [0, 1] */
async function confidences(
  { kernels, state, infer }: PhasedNetwork,
  { task: { input, readout } }: GaborTask,
  patches: Float32Array,
  batch: number,
): Promise<number[]> {
  // a readout answers when a target names it; what the target is does not matter here
  const targets = new Map([[readout, new Float32Array(batch * 2)]]);
  infer({ inputs: new Map([[input, patches]]), targets, batch });
  const output = state.outputs.get(readout);
  invariant(output, `readout ${readout} answered`);
  const values = await kernels.read(output);
  return Array.from({ length: batch }, (_unused, i) => values[i * 2 + right]);
}

async function curve(
  run: Run,
  gabor: GaborTask,
  { parameters, rows: epochs }: Trained,
  chosen: Options,
  { kernels, signal, progress }: MeasureContext,
): Promise<Row[]> {
  const source = random(run.seed, "psychometric curve");
  const seeds = Array.from({ length: chosen.images }, () => source.integer(2 ** 31));
  const testAccuracy = epochs.findLast(({ task }) => task === gabor.task.name)?.testAccuracy ?? null;
  const phased = phasedBeside(kernels, run, parameters);
  const rows: Row[] = [];
  try {
    openGates(run.network, phased.state, [gabor.task.name]);
    const all = tilts(chosen);
    for (const degrees of all) {
      signal.throwIfAborted();
      const patches = patchesOf(degrees, gabor.patches.noise, seeds);
      const answers = await confidences(phased, gabor, patches, chosen.images);
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      rows.push({
        degrees,
        confidenceRight: mean(answers),
        answeredRight: 100 * mean(answers.map((confidence) => Number(confidence > 0.5))),
        testAccuracy,
      });
      progress(share + ((1 - share) * rows.length) / all.length, `tilt ${degrees} degrees`);
    }
    return rows;
  } finally {
    phased.close();
  }
}

/**
 * Trains a run on gabor patches, then tells by tilt how sure the network is that a patch tilts to the right: mean
 * output, in [0, 1], and how often it answers so, percent. Negative degrees tilt to the left. Every line has the accuracy on
 * the test set after the last epoch.
 * @see Liu et al. 2026, Appendix 2, fig 1
 */
export const psychometric: Measure<Options> = {
  about:
    "how sure a network trained on gabor patches is that a patch tilts to the right, by tilt; and its test accuracy",
  options,
  async measure(run, chosen, context): Promise<readonly Row[]> {
    const gabor = gaborTask(run);
    const size = run.network.readouts.get(gabor.task.readout)?.size;
    if (size !== 2) throw invalid(`network.readouts.${gabor.task.readout}.size`, size, "2: left and right");
    const sources = openStimuli(run, context.data);
    return trained(run, sources, context, { share }, (network) =>
      curve(run, gabor, network, chosen, context),
    );
  },
};
