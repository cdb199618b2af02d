import { z } from "zod";
import { strictObject } from "../../model/validate.js";
import { openStimuli } from "../../simulation/open-stimuli.js";
import type { Measure } from "../measure.js";
import { trained } from "../trained.js";

const options = strictObject({
  until: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("ends once the training accuracy of every task reaches this, percent"),
});

type Options = z.output<typeof options>;

/** Trains by epochs, in trials, and tells loss and accuracy of every task after each. */
export const training: Measure<Options> = {
  about: "loss and accuracy after each epoch of training",
  options,
  measure: async (run, { until }, context) =>
    trained(run, openStimuli(run, context.data), context, { until }, ({ rows }) => rows),
};
