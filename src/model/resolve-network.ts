import type { Block } from "../kernels/kernels.js";
import {
  biasName,
  type Module,
  type Network,
  type Pathway,
  type Readout,
  recurrentName,
  type Setting,
  type Source,
  type Task,
  type WeightMatrix,
} from "./network.js";
import type { Distribution, NetworkDescription } from "./network-description.js";
import { networkSchema } from "./network-description.js";
import { invalid, known, validate } from "./validate.js";

const quarters = (neurons: number): Map<string, Block> => {
  const bound = (quarter: number) => Math.floor((neurons * quarter) / 4);
  return new Map(["RI", "SI", "RE", "SE"].map((block, i) => [block, [bound(i), bound(i + 1)] as const]));
};

function resolveModules({ modules }: NetworkDescription): Map<string, Module> {
  const resolved = new Map<string, Module>();
  for (const [name, module] of Object.entries(modules)) {
    const blocks = module.blocks ? new Map(Object.entries(module.blocks)) : quarters(module.neurons);
    if (!module.blocks && module.neurons < 4) {
      throw invalid(
        `network.modules.${name}.neurons`,
        module.neurons,
        "at least 4, a unit each for RI, SI, RE and SE, or blocks of the module's own",
      );
    }
    for (const [block, [start, end]] of blocks) {
      if (end > module.neurons || start >= end) {
        throw invalid(
          `network.modules.${name}.blocks.${block}`,
          [start, end],
          `[start, end) with start < end, within the module's ${module.neurons} neurons`,
        );
      }
    }
    resolved.set(name, { ...module, name, blocks });
  }
  return resolved;
}

/** Resolves "m1.SI" to a block of a module. @param given what the description says, of which it is a part */
function resolveBlock(
  modules: ReadonlyMap<string, Module>,
  text: string,
  field: string,
  given = text,
): { name: string; block: Block } {
  const [name, block, ...rest] = text.split(".");
  const module = modules.get(name);
  if (!module || block === undefined || rest.length > 0) {
    const blocks = [...modules.values()].flatMap((candidate) =>
      [...candidate.blocks.keys()].map((key) => `${candidate.name}.${key}`),
    );
    throw invalid(field, given, `a block of a module: ${known(blocks)}`);
  }
  const range = module.blocks.get(block);
  if (!range) throw invalid(field, given, `a block of ${name}: ${known(module.blocks.keys())}`);
  return { name, block: range };
}

function resolveForwardSource(
  description: NetworkDescription,
  modules: ReadonlyMap<string, Module>,
  text: string,
  field: string,
): Source {
  if (Object.hasOwn(description.inputs, text))
    return { kind: "input", name: text, block: [0, description.inputs[text]] };
  if (!text.includes(".")) {
    throw invalid(field, text, `an input (${known(Object.keys(description.inputs))}) or a block as "m1.SI"`);
  }
  return { kind: "state", ...resolveBlock(modules, text, field) };
}

function resolveErrorSource(
  description: NetworkDescription,
  modules: ReadonlyMap<string, Module>,
  text: string,
  field: string,
): Source {
  const inner = /^error\((.+)\)$/.exec(text)?.[1];
  if (inner === undefined)
    throw invalid(field, text, '"error(READOUT)" or a block\'s error as "error(m2.SE)"');
  if (Object.hasOwn(description.readouts, inner))
    return { kind: "outputError", name: inner, block: [0, description.readouts[inner].size] };
  if (!inner.includes(".")) {
    throw invalid(
      field,
      text,
      `a readout (${known(Object.keys(description.readouts))}) or a block as "error(m2.SE)"`,
    );
  }
  return { kind: "moduleError", ...resolveBlock(modules, inner, field, text) };
}

const uniform = (bound: number): Distribution => ({ distribution: "uniform", bound });

/** What DESIGN calls the initial weights of chains (Liu et al. 2026, Training details). */
function defaultDistribution(pathway: Pick<Pathway, "kind" | "source">): Distribution {
  if (pathway.kind !== "error") return { distribution: "fan-in" };
  const [start, end] = pathway.source.block;
  return pathway.source.kind === "outputError" ? uniform(1 / Math.sqrt(end - start)) : uniform(1);
}

type PathwayText = {
  id?: string;
  delay: number;
  gate: number;
  weights?: NetworkDescription["forward"][number]["weights"];
};

/** A pathway before its weights are known. */
interface Draft {
  readonly field: string;
  readonly text: PathwayText;
  readonly kind: Pathway["kind"];
  readonly source: Source;
  readonly target: { name: string; block: Block };
  readonly plastic: boolean;
  readonly rate: number;
}

function drafts(description: NetworkDescription, modules: ReadonlyMap<string, Module>): Draft[] {
  const forward = description.forward.map((text, i): Draft => {
    const field = `network.forward.${i}`;
    const source = resolveForwardSource(description, modules, text.source, `${field}.source`);
    const target = resolveBlock(modules, text.target, `${field}.target`);
    return { field, text, kind: "forward", source, target, plastic: text.plastic, rate: text.rate };
  });
  const errors = description.errorPathways.map((text, i): Draft => {
    const field = `network.errorPathways.${i}`;
    const source = resolveErrorSource(description, modules, text.source, `${field}.source`);
    const target = resolveBlock(modules, text.target, `${field}.target`);
    return { field, text, kind: "error", source, target, plastic: false, rate: 1 };
  });
  const readouts = Object.entries(description.readouts).flatMap(([name, readout]) =>
    readout.sources.map((given, i): Draft => {
      const text = typeof given === "string" ? { source: given, delay: 1, gate: 1, plastic: true } : given;
      const field = `network.readouts.${name}.sources.${i}`;
      const source = resolveForwardSource(description, modules, text.source, field);
      const target = { name, block: [0, readout.size] as const };
      return { field, text, kind: "readout", source, target, plastic: text.plastic, rate: 1 };
    }),
  );
  return [...forward, ...readouts, ...errors];
}

const idOf = ({ text, kind, source, target }: Draft): string =>
  text.id ?? (kind === "error" ? `error(${source.name})->${target.name}` : `${source.name}->${target.name}`);

/** Names of recurrent matrices and biases, which stand beside pathway weights among a network's numbers. */
const namesTaken = ({ modules, readouts }: NetworkDescription): Set<string> => {
  const owners = Object.keys(modules);
  return new Set([...owners.map(recurrentName), ...[...owners, ...Object.keys(readouts)].map(biasName)]);
};

function resolvePathways(
  list: readonly Draft[],
  taken: ReadonlySet<string>,
): {
  pathways: Map<string, Pathway>;
  weights: Map<string, WeightMatrix>;
} {
  const pathways = new Map<string, Pathway>();
  const weights = new Map<string, WeightMatrix>();
  const size = ([start, end]: Block) => end - start;
  for (const draft of list) {
    const id = idOf(draft);
    if (pathways.has(id))
      throw invalid(`${draft.field}.id`, id, "an id that no other pathway has; give each its own");
    if (taken.has(id))
      throw invalid(`${draft.field}.id`, id, "an id that names no module's or readout's numbers");
    const { text, kind, source, target, plastic, rate } = draft;
    const shared = text.weights && "shares" in text.weights ? text.weights : null;
    const transposed = shared?.transposed ?? false;
    const { delay, gate } = text;
    pathways.set(id, {
      id,
      kind,
      source,
      target,
      weights: shared?.shares ?? id,
      transposed,
      delay,
      gate,
      plastic,
      rate,
    });
    if (!shared) {
      const own = text.weights as Distribution | undefined;
      const shape = [size(source.block), size(target.block)] as const;
      weights.set(id, { name: id, shape, initial: own ?? defaultDistribution({ kind, source }) });
    }
  }
  for (const draft of list) {
    const pathway = pathways.get(idOf(draft)) as Pathway;
    const shape = weights.get(pathway.weights)?.shape;
    const needed = [size(pathway.source.block), size(pathway.target.block)];
    if (pathway.transposed) needed.reverse();
    if (!shape)
      throw invalid(
        `${draft.field}.weights.shares`,
        pathway.weights,
        `a pathway with weights of its own: ${known(weights.keys())}`,
      );
    if (shape[0] !== needed[0] || shape[1] !== needed[1]) {
      throw invalid(
        `${draft.field}.weights.shares`,
        pathway.weights,
        `weights of shape [${needed}], they have [${shape}]`,
      );
    }
  }
  return { pathways, weights };
}

function resolveTasks(
  description: NetworkDescription,
  pathways: ReadonlyMap<string, Pathway>,
): Map<string, Task> {
  const tasks = new Map<string, Task>();
  for (const [name, task] of Object.entries(description.tasks)) {
    const field = `network.tasks.${name}`;
    if (!Object.hasOwn(description.inputs, task.input))
      throw invalid(`${field}.input`, task.input, `an input: ${known(Object.keys(description.inputs))}`);
    if (!Object.hasOwn(description.readouts, task.readout)) {
      throw invalid(
        `${field}.readout`,
        task.readout,
        `a readout: ${known(Object.keys(description.readouts))}`,
      );
    }
    for (const id of Object.keys(task.configuration ?? {})) {
      if (!pathways.has(id))
        throw invalid(`${field}.configuration`, id, `ids of pathways: ${known(pathways.keys())}`);
    }
    const configuration = new Map<string, Setting>();
    for (const pathway of pathways.values()) {
      const { id, gate, plastic } = pathway;
      const given =
        task.configuration && Object.hasOwn(task.configuration, id) ? task.configuration[id] : null;
      const absent = task.configuration ? { gate: 0, plastic: false } : { gate, plastic };
      configuration.set(id, given ? { gate: given.gate, plastic: plastic && given.plastic } : absent);
    }
    tasks.set(name, { ...task, name, configuration });
  }
  return tasks;
}

function checkOrder(
  order: readonly string[] | undefined,
  modules: ReadonlyMap<string, Module>,
  field: string,
): void {
  order?.forEach((name, i) => {
    if (!modules.has(name)) throw invalid(`${field}.${i}`, name, `a module: ${known(modules.keys())}`);
    if (order.indexOf(name) !== i) throw invalid(`${field}.${i}`, name, "each module at most once");
  });
}

/**
 * Validates a network and resolves its names.
 * @param value a description, as parsed from JSON or written in TypeScript
 * @throws EddyError INVALID_DESCRIPTION that names the field, what was given and what is allowed
 */
export function resolveNetwork(value: unknown): Network {
  const description = validate(networkSchema, value, "network");
  const modules = resolveModules(description);
  const inputs = new Map(Object.entries(description.inputs));
  for (const input of inputs.keys()) {
    if (modules.has(input)) throw invalid(`network.inputs.${input}`, input, "a name that no module has");
  }
  const { pathways, weights } = resolvePathways(drafts(description, modules), namesTaken(description));
  const readouts = new Map<string, Readout>();
  for (const [name, readout] of Object.entries(description.readouts)) {
    if (modules.has(name) || inputs.has(name))
      throw invalid(`network.readouts.${name}`, name, "a name that no module or input has");
    readouts.set(name, { ...readout, name });
  }
  checkOrder(description.inferenceOrder, modules, "network.inferenceOrder");
  checkOrder(description.learningOrder, modules, "network.learningOrder");
  return {
    description,
    modules,
    inputs,
    pathways,
    weights,
    readouts,
    tasks: resolveTasks(description, pathways),
  };
}
