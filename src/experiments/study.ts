import { z } from "zod";
import { strictObject } from "../model/validate.js";
import { valueSchema } from "./measure.js";

const settings = z.record(z.string().min(1), z.unknown());
const seeds = z
  .union([z.int().min(1).max(1000), z.array(z.int().min(0)).min(1)])
  .describe("how many, from 1 on, or which; default: the run's own, else 1");

const axis = z.union([
  z.array(valueSchema).min(1).describe("values of the field that the axis is named after"),
  strictObject({ path: z.string().min(1), values: z.array(valueSchema).min(1) }).describe(
    "values of a field, under a shorter name",
  ),
  strictObject({
    choices: z
      .record(z.string(), settings)
      .refine((choices) => Object.keys(choices).length > 0, "needed one choice or more"),
  }).describe("choices by name, each of which sets some fields"),
  strictObject({
    cases: z
      .array(strictObject({ labels: z.record(z.string().min(1), valueSchema), set: settings }))
      .min(1)
      .describe("each with its value in several columns, where one does not follow from the others"),
  }),
]);

/** What a study varies, by name. */
export type Axis = z.output<typeof axis>;

/**
 * A study: one run, some of its fields varied, each combination measured with each seed. Fields are paths as
 * `eddy train -p` takes them; a path that begins with `measure.` sets an option of the measure.
 */
export const studySchema = strictObject({
  run: settings.describe("a run, as in a run file"),
  vary: z.record(z.string().min(1).max(80), axis).default({}),
  seeds: seeds.optional(),
  measure: z.string().default("training"),
  options: settings.default({}).describe("of the measure"),
  set: settings.default({}).describe("fields set in every cell, after what the axes set"),
});

export type Study = z.output<typeof studySchema>;
export type StudyInput = z.input<typeof studySchema>;

/** Whether a run, as its file has it, is continuous. */
export const isContinuous = ({ schedule }: Study["run"]): boolean =>
  typeof schedule === "object" && schedule !== null && "kind" in schedule && schedule.kind === "continuous";

/** A shorter form of a study: less data, fewer values. It changes what it names. */
export const formSchema = strictObject({
  seeds: seeds.optional(),
  set: settings.default({}).describe("fields of the run, or of the measure's options as measure.NAME"),
  vary: z
    .record(z.string(), z.array(valueSchema).min(1))
    .default({})
    .describe(
      "by axis: its values, which may be new ones, or the choices that stay; by column: the cases that stay",
    ),
});

export type Form = z.input<typeof formSchema>;
