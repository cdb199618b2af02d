import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { biasName, type Network, type Pathway } from "../../model/network.js";
import { reachable } from "../../model/signals.js";
import type { NetworkState } from "../../streams/network-state.js";
import { magnitude } from "../magnitude.js";

/** Where a network has numbers that are none any more, by name. */
export interface NotFinite {
  readonly inputs: ReadonlySet<string>;
  /** weights of pathways that are open */
  readonly weights: ReadonlySet<string>;
  /** learned biases, of modules and readouts */
  readonly biases: ReadonlySet<string>;
  /** modules whose W holds some */
  readonly matrices: ReadonlySet<string>;
  /** modules of which state, z or error is none */
  readonly modules: ReadonlySet<string>;
  /** readouts of which the answer or its error is none */
  readonly readouts: ReadonlySet<string>;
}

/** Names of those tensors that hold anything but numbers. */
async function namesOf(
  kernels: Kernels,
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
): Promise<Set<string>> {
  const looked = await Promise.all(
    [...tensors].map(async ([name, tensor]) => [name, await magnitude(kernels, tensor)] as const),
  );
  return new Set(looked.filter(([, value]) => !Number.isFinite(value)).map(([name]) => name));
}

/** Modules whose W is none; one that has not learned has the numbers that were drawn. */
async function brokenMatrices(kernels: Kernels, { parameters }: NetworkState): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [module, { matrix, steps }] of parameters.recurrent) {
    if (steps === 0) continue;
    const { values } = await kernels.weights(matrix);
    if (!values.every(Number.isFinite)) found.add(module);
  }
  return found;
}

/** Looks everywhere in a network between two ticks; nothing is found where all is finite. */
export async function findNotFinite(
  kernels: Kernels,
  network: Network,
  state: NetworkState,
): Promise<NotFinite> {
  const { learned } = state.parameters;
  const [inputs, weights, modules, readouts, matrices] = await Promise.all([
    namesOf(kernels, state.inputs),
    namesOf(
      kernels,
      [...learned].map(([name, plastic]) => [name, plastic.weights] as const),
    ),
    namesOf(kernels, [...state.states, ...state.held, ...state.errors]),
    namesOf(kernels, [...state.outputs, ...state.outputErrors]),
    brokenMatrices(kernels, state),
  ]);
  const biasNames = [...network.modules.keys(), ...network.readouts.keys()].map(biasName);
  const biases = new Set(biasNames.filter((name) => weights.has(name)));
  // those of shut pathways do no harm, and stay as they are
  const carrying = [...network.pathways.values()].filter(({ id, gate }) => (state.gates.get(id) ?? gate) > 0);
  const used = new Set(carrying.map((pathway) => pathway.weights));
  for (const name of weights) if (!used.has(name)) weights.delete(name);
  return { inputs, weights, biases, matrices, modules, readouts };
}

/** Whether nothing was found. */
export const allFinite = (found: NotFinite): boolean =>
  Object.values(found).every(({ size }: { size: number }) => size === 0);

/** What was found, for people. */
export function describeNotFinite(found: NotFinite): string {
  const { inputs, weights, biases, matrices, modules, readouts } = found;
  const parts = [
    ["input", inputs],
    ["weights", weights],
    ["bias", biases],
    ["W of", matrices],
    ["state of", modules],
    ["readout", readouts],
  ] as const;
  return parts
    .map(([what, names]) => [what, [...names].join(", ")])
    .filter(([, names]) => names !== "")
    .map((words) => words.join(" "))
    .join("; ");
}

/**
 * The pathways that bring such numbers into the network, or on from where they arise, and are open: those with such
 * weights, those from such an input, and those from where it began: a module or readout that no other one explains.
 * Where all of these are shut already, those that enter it, so that it rests.
 */
export function carriers(
  { pathways }: Network,
  gates: ReadonlyMap<string, number>,
  found: NotFinite,
): readonly string[] {
  const open = [...pathways.values()].filter(({ id, gate }) => (gates.get(id) ?? gate) > 0);
  const sick = new Set([...found.modules, ...found.readouts]);
  const fromInput = ({ source }: Pathway) => source.kind === "input" && found.inputs.has(source.name);
  const spoilt = open.filter((pathway) => found.weights.has(pathway.weights) || fromInput(pathway));
  const spreading = open.filter(({ source, target }) => sick.has(source.name) && sick.has(target.name));
  const repaired = [
    ...found.matrices.keys(),
    ...[...sick].filter((name) => found.biases.has(biasName(name))),
  ];
  const explained = reachable([...spoilt.map(({ target }) => target.name), ...repaired], spreading);
  const reached = new Map([...sick].map((name) => [name, reachable([name], spreading)]));
  const began = [...sick].filter(
    (name) =>
      !explained.has(name) &&
      [...reached].every(([other, ends]) => !ends.has(name) || reached.get(name)?.has(other)),
  );
  const beyond = began.flatMap((name) => {
    const leaving = open.filter(({ source }) => source.kind !== "input" && source.name === name);
    return leaving.length > 0 ? leaving : open.filter(({ target }) => target.name === name);
  });
  return [...new Set([...spoilt, ...beyond].map(({ id }) => id))];
}
