import fc from "fast-check";
import type { Activation } from "../../src/kernels/kernels.js";
import { activations, type NetworkDescriptionInput } from "../../src/model/network-description.js";

/** What random networks may have. */
export interface NetworkChoice {
  /** pathways in any direction, also from a module to itself; else they follow or oppose an order of the modules */
  readonly cycles?: boolean;
  /** pathways of more than one tick */
  readonly delays?: boolean;
  /** gates other than 1 */
  readonly gates?: boolean;
  readonly activations?: readonly Activation[];
  readonly spectralRadiusMax?: number;
}

type Modules = NetworkDescriptionInput["modules"];
type Forward = NonNullable<NetworkDescriptionInput["forward"]>;
type Errors = NonNullable<NetworkDescriptionInput["errorPathways"]>;
type Readouts = NonNullable<NetworkDescriptionInput["readouts"]>;

const numbered = <Value>(prefix: string, values: readonly Value[]): Record<string, Value> =>
  Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));

/** A module with unequal blocks that need not cover it. */
const moduleOf = ({ spectralRadiusMax = 0.9, ...choice }: NetworkChoice) =>
  fc.integer({ min: 3, max: 9 }).chain((neurons) =>
    fc
      .record({
        activation: fc.constantFrom(...(choice.activations ?? activations)),
        radius: fc.double({ min: 0.1, max: spectralRadiusMax, noNaN: true }),
        biased: fc.boolean(),
        cuts: fc.uniqueArray(fc.nat({ max: neurons }), { minLength: 2, maxLength: 5 }),
      })
      .map(({ activation, radius, biased, cuts }): Modules[string] => {
        const bounds = cuts.sort((a, b) => a - b);
        return {
          neurons,
          activation,
          connectionRate: 1,
          spectralRadius: radius,
          blocks: numbered(
            "b",
            bounds.slice(1).map((end, i): [number, number] => [bounds[i], end]),
          ),
          bias: biased ? { distribution: "normal", deviation: 0.3 } : { distribution: "zero" },
        };
      }),
  );

/** Where a pathway begins and ends, as numbers modulo what there is. */
const link = ({ delays, gates }: NetworkChoice) =>
  fc.record({
    from: fc.nat({ max: 20 }),
    fromBlock: fc.nat({ max: 20 }),
    to: fc.nat({ max: 20 }),
    toBlock: fc.nat({ max: 20 }),
    delay: delays ? fc.integer({ min: 1, max: 4 }) : fc.constant(1),
    gate: gates ? fc.constantFrom(1, 0.5, 0) : fc.constant(1),
    plastic: fc.boolean(),
  });

type Link = ReturnType<typeof link> extends fc.Arbitrary<infer Value> ? Value : never;

interface Parts {
  readonly modules: Modules[string][];
  readonly tasks: {
    readonly input: number;
    readonly output: number;
    readonly enters: Link;
    readonly errs: Link;
  }[];
  readonly entering: Link[];
  readonly between: Link[];
  readonly sources: Link[];
  readonly errors: Link[];
  readonly back: Link[];
}

function assemble({ cycles }: NetworkChoice, parts: Parts): NetworkDescriptionInput {
  const { modules, tasks, entering, between, sources, errors, back } = parts;
  const block = (module: number, pick: number) =>
    `m${module}.b${pick % Object.keys(modules[module].blocks ?? {}).length}`;
  const target = ({ to, toBlock }: Link) => block(to % modules.length, toBlock);
  /** two modules that a pathway may join, in the order of inference */
  const ends = ({ from, to }: Link): [number, number] | null => {
    const [a, b] = [from % modules.length, to % modules.length];
    if (cycles) return [a, b];
    return a === b ? null : [Math.min(a, b), Math.max(a, b)];
  };
  const settings = ({ delay, gate }: Link) => ({ delay, gate });
  const forward: Forward = [
    ...tasks.map(({ enters }, i) => ({ ...enters, source: `x${i}` })),
    ...entering.map((enters) => ({ ...enters, source: `x${enters.from % tasks.length}` })),
  ].map((given, i) => ({
    id: `x ${i}`,
    source: given.source,
    target: target(given),
    plastic: given.plastic,
    ...settings(given),
  }));
  for (const [i, given] of between.entries()) {
    const joined = ends(given);
    if (!joined) continue;
    forward.push({
      id: `f ${i}`,
      source: block(joined[0], given.fromBlock),
      target: block(joined[1], given.toBlock),
      plastic: given.plastic,
      ...settings(given),
    });
  }
  const errorPathways: Errors = [
    ...tasks.map(({ errs }, i) => ({ ...errs, source: `error(out${i})` })),
    ...errors.map((errs) => ({ ...errs, source: `error(out${errs.from % tasks.length})` })),
  ].map((given, i) => ({ id: `o ${i}`, source: given.source, target: target(given), ...settings(given) }));
  for (const [i, given] of back.entries()) {
    const joined = ends(given)?.reverse();
    if (!joined) continue;
    errorPathways.push({
      id: `e ${i}`,
      source: `error(${block(joined[0], given.fromBlock)})`,
      target: block(joined[1], given.toBlock),
      ...settings(given),
    });
  }
  const readouts: Readouts = numbered(
    "out",
    tasks.map(({ output }, task) => ({
      size: output,
      sources: sources
        .filter((_, i) => i % tasks.length === task)
        .map((given, i) => ({
          id: `r ${task} ${i}`,
          source: block(given.from % modules.length, given.fromBlock),
          plastic: given.plastic,
          ...settings(given),
        })),
    })),
  );
  return {
    name: "random",
    modules: numbered("m", modules),
    inputs: numbered(
      "x",
      tasks.map(({ input }) => input),
    ),
    forward,
    errorPathways,
    readouts,
    tasks: numbered(
      "t",
      tasks.map((_, i) => ({ input: `x${i}`, readout: `out${i}` })),
    ),
  };
}

/** A random small network: a graph of one to four modules, with one or two tasks. */
export function networkDescription(choice: NetworkChoice = {}): fc.Arbitrary<NetworkDescriptionInput> {
  const links = (minLength: number, maxLength: number) => fc.array(link(choice), { minLength, maxLength });
  const task = fc.record({
    input: fc.integer({ min: 1, max: 4 }),
    output: fc.integer({ min: 2, max: 4 }),
    enters: link(choice),
    errs: link(choice),
  });
  return fc
    .record<Parts>({
      modules: fc.array(moduleOf(choice), { minLength: 1, maxLength: 4 }),
      tasks: fc.array(task, { minLength: 1, maxLength: 2 }),
      entering: links(0, 2),
      between: links(0, 6),
      sources: links(2, 5),
      errors: links(0, 2),
      back: links(0, 6),
    })
    .map((parts) => assemble(choice, parts));
}

/** The same network, everything in it described in another order. */
export function reordered(description: NetworkDescriptionInput): fc.Arbitrary<NetworkDescriptionInput> {
  const shuffledList = <Value>(values: readonly Value[]) =>
    fc.shuffledSubarray([...values], { minLength: values.length, maxLength: values.length });
  const shuffled = <Value>(values: Record<string, Value>) =>
    shuffledList(Object.entries(values)).map((entries) => Object.fromEntries(entries));
  const { modules, inputs = {}, forward = [], errorPathways = [], readouts = {}, tasks = {} } = description;
  const sources = fc.record(
    Object.fromEntries(
      Object.entries(readouts).map(([name, readout]) => [
        name,
        shuffledList(readout.sources).map((shuffledSources) => ({ ...readout, sources: shuffledSources })),
      ]),
    ),
  );
  return fc.record({
    name: fc.constant("random"),
    modules: shuffled(modules),
    inputs: shuffled(inputs),
    forward: shuffledList(forward),
    errorPathways: shuffledList(errorPathways),
    readouts: sources.chain(shuffled),
    tasks: shuffled(tasks),
  });
}
