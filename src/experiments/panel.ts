import { z } from "zod";
import { strictObject } from "../model/validate.js";
import { valueSchema } from "./measure.js";

const column = z.string().min(1);
const scale = z.enum(["linear", "log", "symlog", "ordinal"]);

const common = {
  study: z.string().optional().describe("default: the first"),
  title: z.string().optional(),
  where: z
    .record(column, z.union([valueSchema, z.array(valueSchema)]))
    .default({})
    .describe("only lines with these values"),
  take: z
    .enum(["all", "best", "last"])
    .default("all")
    .describe("of each cell all lines, or the one of largest y, or those of its last epoch"),
  column: column.optional().describe("one small plot a value, side by side"),
  row: column.optional().describe("one small plot a value, one below the other"),
  xTitle: z.string().optional(),
  yTitle: z.string().optional(),
};

/** One panel of a figure: which columns are drawn, and how. Means over seeds are drawn, with their deviations. */
export const panelSchema = z.discriminatedUnion("kind", [
  strictObject({
    ...common,
    kind: z.literal("lines"),
    x: column,
    y: z.union([column, z.array(column).min(1)]).describe("several columns become several lines"),
    colour: column.optional(),
    dash: column.optional(),
    xScale: scale.default("linear"),
    yScale: scale.exclude(["ordinal"]).default("linear"),
    yDomain: z.tuple([z.number(), z.number()]).optional(),
    points: z.boolean().default(true),
    spread: z.boolean().default(true).describe("a band of one standard deviation over the seeds"),
    regions: column.optional().describe("a column of names; shades the stretches of x that have one of them"),
  }),
  strictObject({ ...common, kind: z.literal("heatmap"), x: column, y: column, colour: column }),
  strictObject({
    ...common,
    kind: z.literal("bars"),
    x: column,
    y: column,
    colour: column.optional(),
    yDomain: z.tuple([z.number(), z.number()]).optional().describe("default: from 0"),
  }),
  strictObject({
    ...common,
    kind: z.literal("path").describe("of each colour in each small plot the first seed; others by where"),
    x: column,
    y: column,
    order: column.describe("lines are joined in this order"),
    colour: column.optional(),
  }),
  strictObject({ ...common, kind: z.literal("image"), x: column, y: column, colour: column }),
]);

export type Panel = z.output<typeof panelSchema>;
export type PanelInput = z.input<typeof panelSchema>;
