import { basename } from "node:path";
import { z } from "zod";
import { strictObject, validate } from "../model/validate.js";
import { axisColumns } from "./cells.js";
import type { Experiment } from "./experiment.js";
import { checkChanges } from "./forms.js";
import { type PanelInput, panelSchema } from "./panel.js";
import { type Axis, isContinuous, studySchema } from "./study.js";

const folderName = "needed a name for a folder: letters, digits, spaces, _, . and -";

/** A sweep file: a study of a user's own, and what is drawn of it. */
export const sweepSchema = strictObject({
  name: z
    .string()
    .max(200)
    .regex(/^\w[\w .-]*$/, folderName)
    .optional()
    .describe("default: the file's"),
  title: z.string().min(1).max(200).optional(),
  about: z.string().default(""),
  ...studySchema.shape,
  measure: z.string().optional().describe("default: stream for a continuous run, else training"),
  panels: z.array(panelSchema).optional().describe("default: accuracy by the first axis, or by epoch"),
});

/** The one study of a sweep. */
const study = "sweep";

const isNumbers = (axis: Axis): boolean => {
  const values = Array.isArray(axis) ? axis : "values" in axis ? axis.values : [];
  return values.length > 1 && values.every((value) => typeof value === "number");
};

/** What is drawn unless a file says otherwise: the accuracy against the first axis of numbers, and as it grows. */
function defaultPanels(measure: string, vary: Readonly<Record<string, Axis>>): readonly PanelInput[] {
  const [growing, accuracy] =
    { training: ["epoch", "testAccuracy"], stream: ["trial", "onlineAccuracy"] }[measure] ?? [];
  if (growing === undefined || accuracy === undefined) return [];
  const axes = Object.keys(vary);
  const numbers = Object.entries(vary).find(([, axis]) => isNumbers(axis))?.[0];
  /** a line of its own for each value of up to three axes */
  const lines = (x: string, apart: readonly string[], rest: object): PanelInput[] =>
    apart.length > 3
      ? []
      : [
          {
            kind: "lines",
            x,
            y: accuracy,
            column: "task",
            colour: apart[0],
            dash: apart[1],
            row: apart[2],
            ...rest,
          },
        ];
  const others = axes.filter((name) => name !== numbers);
  return [
    ...(numbers === undefined ? [] : lines(numbers, others, { take: "best" })),
    ...lines(growing, axes, { points: false }),
  ];
}

/** A run by itself is a sweep that varies nothing yet. */
function asSweep(value: unknown): unknown {
  if (typeof value !== "object" || value === null || "run" in value || !("network" in value)) return value;
  return { run: value };
}

/** A file's name as that of a folder. */
const nameOf = (file: string): string =>
  basename(file, ".json")
    .replace(/[^\w .-]+/g, "-")
    .replace(/^\W+/, "") || "sweep";

/**
 * The experiment that a sweep file describes.
 * @param value the file's content: a sweep, or a run as it is
 * @param axes values of fields, from the command line; those of the file's own axes are left to `studiesOf`
 * @throws EddyError INVALID_DESCRIPTION
 */
export function sweep(value: unknown, file: string, axes: Readonly<Record<string, Axis>> = {}): Experiment {
  const given = validate(sweepSchema, asSweep(value), file);
  const { name = nameOf(file), title = name, about, panels, measure: asked, ...own } = given;
  const measure = asked ?? (isContinuous(own.run) ? "stream" : "training");
  const there = [...Object.keys(own.vary), ...axisColumns(own)];
  const more = Object.entries(axes).filter(([axis]) => !there.includes(axis));
  const vary = { ...own.vary, ...Object.fromEntries(more) };
  checkChanges({ vary }, own.set, `${file}: set.`);
  return {
    name,
    title,
    source: "a sweep",
    about,
    studies: { [study]: { ...own, measure, vary } },
    // the file's panels know nothing of more axes
    panels: (more.length === 0 ? panels : undefined) ?? defaultPanels(measure, vary),
    references: [],
    remarks: [],
    quick: {},
    smoke: {},
  };
}
