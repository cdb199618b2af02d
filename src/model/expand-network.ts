import { z } from "zod";
import { equilibrium, equilibriumSchema } from "./equilibrium.js";
import { feedforward, feedforwardSchema } from "./feedforward.js";
import { networkSchema } from "./network-description.js";
import { chain, chainSchema, twoTasks, twoTasksSchema } from "./presets.js";
import { invalid, validate } from "./validate.js";

/** A network as a run file has it: all of it, or a preset. */
export const networkOrPreset = z.union([
  chainSchema,
  feedforwardSchema,
  equilibriumSchema,
  twoTasksSchema,
  networkSchema,
]);

type PresetSchema =
  | typeof chainSchema
  | typeof feedforwardSchema
  | typeof equilibriumSchema
  | typeof twoTasksSchema;

/** The schema of each preset, by its name. */
const presets: ReadonlyMap<unknown, PresetSchema> = new Map<string, PresetSchema>([
  ["chain", chainSchema],
  ["feedforward", feedforwardSchema],
  ["equilibrium", equilibriumSchema],
  ...twoTasksSchema.shape.preset.options.map((name) => [name, twoTasksSchema] as const),
]);

const presetOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "preset" in value ? value.preset : undefined;

/**
 * Makes a network of a preset; what is none stays as it is.
 * @throws EddyError INVALID_DESCRIPTION
 */
export function expandNetwork(value: unknown): unknown {
  if (value === undefined)
    throw invalid("network", value, 'modules, pathways and readouts, or a preset as {"preset": "chain"}');
  const preset = presetOf(value);
  if (preset === undefined) return value;
  if (preset === "chain") {
    const { preset: _, ...options } = validate(chainSchema, value, "network");
    return chain(options, "network");
  }
  if (preset === "feedforward") {
    const { preset: _, ...options } = validate(feedforwardSchema, value, "network");
    return feedforward(options);
  }
  if (preset === "equilibrium") {
    const { preset: _, ...options } = validate(equilibriumSchema, value, "network");
    return equilibrium(options);
  }
  if (!presets.has(preset))
    throw invalid("network.preset", preset, `one of ${[...presets.keys()].join(", ")}`);
  return twoTasks(validate(twoTasksSchema, value, "network"));
}

const isGroup = (schema: unknown): boolean =>
  schema instanceof z.ZodObject ||
  ((schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) && isGroup(schema.unwrap()));

/** Whether a network is a preset which has a group of options of this name, so that it can be changed as it is. */
export function hasOptions(network: unknown, group: string): boolean {
  const schema = presets.get(presetOf(network));
  return (
    schema !== undefined &&
    Object.hasOwn(schema.shape, group) &&
    isGroup(new Map(Object.entries(schema.shape)).get(group))
  );
}
