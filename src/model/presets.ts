import { z } from "zod";
import {
  activations,
  connectionRate,
  type Distribution,
  moduleLearning,
  type NetworkDescriptionInput,
  name,
  spectralRadius,
} from "./network-description.js";
import { invalid, strictObject, validate } from "./validate.js";

const shape = {
  neurons: z.int().min(4).max(65_536).default(1024).describe("units of each module"),
  connectionRate,
  spectralRadius,
  activation: z.enum(activations).default("tanh"),
  learning: moduleLearning,
};

const receives = z.int().min(1).max(65_536).optional();
const mayLack = z.int().min(0).max(65_536).optional();
const blockSizes = strictObject({ RI: receives, SI: receives, RE: mayLack, SE: mayLack })
  .optional()
  .describe(
    "units of each block, one block after the other; default: a quarter of the module each. Without RE or SE there are no error pathways that would need it: with RE 0 the readout alone learns",
  );

/** A chain of modules from one input to one readout. */
export const chainSchema = strictObject({
  preset: z.literal("chain"),
  modules: z.int().min(1).max(1000).default(2),
  inputs: z.int().min(1).default(784).describe("size of the input"),
  outputs: z.int().min(2).default(10).describe("classes"),
  task: name.default("task").describe("name of its task"),
  ...shape,
  blocks: blockSizes,
  roleConstraint: z
    .boolean()
    .default(true)
    .describe("false: every unit receives and sends inference signals and errors (fig 4e)"),
});

/** The networks of two tasks. */
export const twoTasksSchema = strictObject({
  preset: z.enum(["shared-modules", "shared-feedback", "recruitment"]).describe("fig 5a, 5b, 5c"),
  inputs: z.int().min(1).default(784),
  outputs: z.int().min(2).default(10),
  tasks: z
    .tuple([name, name])
    .refine(([first, second]) => first !== second, "needed two different names")
    .default(["fashion-mnist", "mnist"]),
  ...shape,
  neurons: z.int().min(8).max(65_536).optional().describe("units of each module; default: 256 a block"),
});

type Forward = NonNullable<NetworkDescriptionInput["forward"]>;
type Errors = NonNullable<NetworkDescriptionInput["errorPathways"]>;

type BlockSizes = NonNullable<z.output<typeof blockSizes>>;

/** Blocks of the given sizes; those that have no unit are left out. @throws EddyError INVALID_DESCRIPTION */
function layOut(neurons: number, sizes: BlockSizes, what: string): Record<string, [number, number]> {
  const bound = (quarter: number) => Math.floor((neurons * quarter) / 4);
  const blocks: Record<string, [number, number]> = {};
  let start = 0;
  for (const [i, name] of (["RI", "SI", "RE", "SE"] as const).entries()) {
    const end = start + (sizes[name] ?? bound(i + 1) - bound(i));
    if (end > start) blocks[name] = [start, end];
    start = end;
  }
  if (start > neurons)
    throw invalid(
      `${what}.blocks`,
      sizes,
      `sizes that add up to at most ${neurons}, the neurons of a module, not ${start}; a block that is not given has a quarter of them`,
    );
  return blocks;
}

/** The blocks of a chain's modules, or null for the default. */
function chainBlocks(
  { neurons, blocks, roleConstraint }: z.output<typeof chainSchema>,
  what: string,
): Record<string, [number, number]> | null {
  if (roleConstraint) return blocks ? layOut(neurons, blocks, what) : null;
  if (blocks)
    throw invalid(
      `${what}.blocks`,
      blocks,
      "no sizes of blocks where roleConstraint is false: each is the whole module",
    );
  return Object.fromEntries(["RI", "SI", "RE", "SE"].map((name) => [name, [0, neurons]]));
}

/**
 * A chain `x -> m1 -> ... -> mN -> out` with blocks RI, SI, RE, SE of a quarter each, or of the sizes given.
 * @param what the name of the options in messages
 * @throws EddyError INVALID_DESCRIPTION
 * @see Liu et al. 2026, fig 1c and Training details; fig 4e to i for other blocks
 */
export function chain(
  options: Omit<z.input<typeof chainSchema>, "preset"> = {},
  what = "chain",
): NetworkDescriptionInput {
  const given = validate(chainSchema, { ...options, preset: "chain" }, what);
  const {
    modules,
    inputs,
    outputs,
    task,
    preset: _,
    blocks: _sizes,
    roleConstraint: _roles,
    ...module
  } = given;
  const blocks = chainBlocks(given, what);
  const names = Array.from({ length: modules }, (_unused, i) => `m${i + 1}`);
  const last = names[modules - 1];
  const forward: Forward = names.map((name, i) => ({
    source: i === 0 ? "x" : `${names[i - 1]}.SI`,
    target: `${name}.RI`,
  }));
  const has = (block: string) => blocks === null || block in blocks;
  const errorPathways: Errors = names
    .map((name, i) => ({
      source: i === modules - 1 ? "error(out)" : `error(${names[i + 1]}.SE)`,
      target: `${name}.RE`,
    }))
    .filter(({ source }) => has("RE") && (source === "error(out)" || has("SE")))
    .reverse();
  return {
    name: `chain of ${modules}`,
    modules: Object.fromEntries(
      names.map((name) => [name, structuredClone(blocks ? { ...module, blocks } : module)]),
    ),
    inputs: { x: inputs },
    forward,
    errorPathways,
    readouts: { out: { size: outputs, sources: [`${last}.SI`] } },
    tasks: { [task]: { input: "x", readout: "out" } },
  };
}

type Configuration = Record<string, { gate?: number; plastic?: boolean }>;

/** What tells the three networks of fig 5 apart. */
interface TwoTaskGraph {
  readonly modules: readonly string[];
  /** of every module, of equal size */
  readonly blocks: readonly string[];
  readonly forward: Forward;
  readonly errorPathways: Errors;
  /** the block that each task's readout reads */
  readonly sources: readonly [first: string, second: string];
  /** blocks that the first readout reads besides */
  readonly recruited: readonly string[];
  readonly tasks: Readonly<Record<string, Configuration>>;
}

// made anew each time: whoever changes one part of a description means only that
const normal = (deviation: number): Distribution => ({ distribution: "normal", deviation });
const link = (source: string, target: string) => ({ source, target, weights: normal(0.1) });
const errorLink = (source: string, target: string) => ({ source, target, weights: normal(0.5) });
const open = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, {}]));

/** Two modules of eight blocks; each task has blocks and pathways of its own in both. */
function sharedModules(first: string, second: string): TwoTaskGraph {
  const taken = (suffix: 1 | 2) => ({
    forward: [
      link(`x${suffix}`, `m1.RI${suffix}`),
      { ...link(`m1.SI${suffix}`, `m2.RI${suffix}`), id: `m1->m2 ${suffix}` },
    ],
    errors: [
      { ...errorLink(`error(m2.SE${suffix})`, `m1.RE${suffix}`), id: `error(m2)->m1 ${suffix}` },
      errorLink(`error(out${suffix})`, `m2.RE${suffix}`),
    ],
    configuration: open(
      `x${suffix}->m1`,
      `m1->m2 ${suffix}`,
      `m2->out${suffix}`,
      `error(out${suffix})->m2`,
      `error(m2)->m1 ${suffix}`,
    ),
  });
  const [a, b] = [taken(1), taken(2)];
  return {
    modules: ["m1", "m2"],
    blocks: ["RI1", "SI1", "RE1", "SE1", "RI2", "SI2", "RE2", "SE2"],
    forward: [...a.forward, ...b.forward],
    errorPathways: [...a.errors, ...b.errors],
    sources: ["m2.SI1", "m2.SI2"],
    recruited: [],
    tasks: { [first]: a.configuration, [second]: b.configuration },
  };
}

/**
 * Four modules of six blocks: the first task runs through m1 and m2, the second through m3 and m4; the first task's
 * error also passes through m4 and m3 to m1. With recruitment, m1 also drives m3, for the first task only.
 */
function sharedFeedback(first: string, second: string, recruitment: boolean): TwoTaskGraph {
  const feedback = ["error(out1)->m2", "error(out1)->m4", "error(m4)->m3", "error(m3)->m1"];
  const own = open("x1->m1", "m1->m2", "m2->out1", ...feedback);
  const recruited = { "m1->m3": {}, "m3->m4": { plastic: false }, "m4->out1": {} };
  return {
    modules: ["m1", "m2", "m3", "m4"],
    blocks: ["b1", "b2", "b3", "b4", "b5", "b6"],
    forward: [
      link("x1", "m1.b1"),
      link("m1.b3", "m2.b1"),
      link("x2", "m3.b5"),
      link("m3.b2", "m4.b1"),
      ...(recruitment ? [link("m1.b2", "m3.b1")] : []),
    ],
    errorPathways: [
      errorLink("error(out1)", "m2.b4"),
      errorLink("error(out2)", "m4.b4"),
      errorLink("error(out1)", "m4.b5"),
      errorLink("error(m4.b6)", "m3.b3"),
      errorLink("error(m3.b4)", "m1.b6"),
    ],
    sources: ["m2.b3", "m4.b3"],
    recruited: recruitment ? ["m4.b2"] : [],
    tasks: {
      [first]: recruitment ? { ...own, ...recruited } : own,
      [second]: open("x2->m3", "m3->m4", "m4->out2", "error(out2)->m4", "error(m4)->m3"),
    },
  };
}

/**
 * The networks of two tasks: `shared-modules` (fig 5a), `shared-feedback` (fig 5b) and `recruitment` (fig 5c).
 * Forward and readout weights are normal with deviation 0.1, error pathways normal with deviation 0.5.
 * @throws EddyError INVALID_DESCRIPTION
 * @see Liu et al. 2026, fig 5
 */
export function twoTasks(options: z.input<typeof twoTasksSchema>): NetworkDescriptionInput {
  const { preset, inputs, outputs, tasks, neurons, ...module } = validate(
    twoTasksSchema,
    options,
    "twoTasks",
  );
  const [first, second] = tasks;
  const graph =
    preset === "shared-modules"
      ? sharedModules(first, second)
      : sharedFeedback(first, second, preset === "recruitment");
  const units = neurons ?? graph.blocks.length * 256;
  const bound = (i: number) => Math.floor((units * i) / graph.blocks.length);
  const blocks = () =>
    Object.fromEntries(graph.blocks.map((block, i) => [block, [bound(i), bound(i + 1)] as [number, number]]));
  const readout = (sources: string[]) => ({
    size: outputs,
    sources: sources.map((source) => ({ source, weights: normal(0.1) })),
  });
  const task = (name: string, i: 1 | 2) => ({
    input: `x${i}`,
    readout: `out${i}`,
    configuration: graph.tasks[name],
  });
  return {
    name: preset,
    modules: Object.fromEntries(
      graph.modules.map((name) => [name, { ...structuredClone(module), neurons: units, blocks: blocks() }]),
    ),
    inputs: { x1: inputs, x2: inputs },
    forward: graph.forward,
    errorPathways: graph.errorPathways,
    readouts: { out1: readout([graph.sources[0], ...graph.recruited]), out2: readout([graph.sources[1]]) },
    tasks: { [first]: task(first, 1), [second]: task(second, 2) },
  };
}
