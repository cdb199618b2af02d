import { invariant } from "../../errors.js";
import type { Kernels, Moments, Tensor } from "../../kernels/kernels.js";
import { biasName, type Module, type Network } from "../../model/network.js";
import type { Parameters } from "../../model/parameters.js";
import {
  clearUnitWeights,
  disconnect,
  sharingUnit,
  silentBias,
  type UnitWeights,
  unitWeights,
} from "../../model/unit-weights.js";
import { drop, type NetworkState } from "../../streams/network-state.js";
import type { Intervention } from "../command.js";
import { lesionedBias } from "./lesioned-bias.js";
import type { Place } from "./place.js";
import { named, refuse, wholeInRange } from "./ranges.js";

/** Changes numbers in place. */
type Change = (data: Float32Array) => void;

const ascending = (units: Iterable<number>): number[] => [...new Set(units)].sort((a, b) => a - b);

/** The units, ascending. @throws EddyError INVALID_ARGUMENT */
function checkedUnits({ neurons }: Module, units: readonly number[]): number[] {
  if (units.length === 0) throw refuse("units", [], "one unit or more");
  for (const [i, unit] of units.entries()) wholeInRange(`units[${i}]`, unit, 0, neurons - 1);
  return ascending(units);
}

/** Where their weights stand. @throws EddyError INVALID_ARGUMENT when other units would lose connections with them */
function checkedPlaces(network: Network, module: string, units: readonly number[]): Map<string, UnitWeights> {
  const places = unitWeights(network, module, units);
  const other = sharingUnit(network, module, units, places);
  if (!other) return places;
  throw refuse(
    "units",
    units,
    `units of which no weights are shared: unit ${other.unit} of ${other.owner} has some of them by pathway ${other.pathway}; name both, where they are of one module`,
  );
}

/** The same columns of every row of a [rows, columns] tensor. */
const columnsTo =
  (columns: number, which: readonly number[], value: number): Change =>
  (data) => {
    for (let start = 0; start < data.length; start += columns)
      for (const column of which) data[start + column] = value;
  };

/** All tensors but W in which the units show, and what is to become of their numbers. */
function changesOf(
  { parameters: { learned, biases }, states, held, errors }: NetworkState,
  { name, neurons, activation }: Module,
  units: readonly number[],
  places: ReadonlyMap<string, UnitWeights>,
): Map<Tensor, Change> {
  const changes = new Map<Tensor, Change>();
  const forget = (moments: Moments | null | undefined, change: Change) => {
    for (const moment of moments ? [moments.first, moments.second] : []) changes.set(moment, change);
  };
  for (const [weights, taken] of places) {
    const plastic = learned.get(weights);
    invariant(plastic, `weights ${weights} are there`);
    const clear: Change = (data) => clearUnitWeights(data, plastic.weights.shape[1], taken);
    changes.set(plastic.weights, clear);
    forget(plastic.moments, clear);
  }
  const zero = columnsTo(neurons, units, 0);
  for (const signals of [states, held, errors]) {
    const tensor = signals.get(name);
    if (tensor) changes.set(tensor, zero);
  }
  const plastic = learned.get(biasName(name));
  const bias = plastic?.weights ?? biases.get(name);
  if (bias) changes.set(bias, columnsTo(neurons, units, silentBias(activation)));
  forget(plastic?.moments, zero);
  return changes;
}

async function changedCopies(
  kernels: Kernels,
  changes: ReadonlyMap<Tensor, Change>,
): Promise<Map<Tensor, Tensor>> {
  const tensors = [...changes];
  const data = await Promise.all(tensors.map(([tensor]) => kernels.read(tensor)));
  return new Map(
    tensors.map(([tensor, change], i) => {
      change(data[i]);
      return [tensor, kernels.tensor(data[i], tensor.shape)];
    }),
  );
}

/** W without the units, and its moments without their connections. */
async function disconnected(kernels: Kernels, parameters: Parameters, module: string, units: number[]) {
  const recurrent = parameters.recurrent.get(module);
  invariant(recurrent, `module ${module} has a recurrent matrix`);
  const { matrix, moments } = recurrent;
  const [weights, first, second] = await Promise.all([
    kernels.weights(matrix),
    moments && kernels.read(moments.first),
    moments && kernels.read(moments.second),
  ]);
  const { weights: left, kept } = disconnect(weights, new Set(units));
  const pick = (data: Float32Array) =>
    kernels.tensor(
      Float32Array.from(kept, (k) => data[k]),
      [kept.length],
    );
  return {
    recurrent,
    matrix: kernels.matrix(left),
    moments: first && second && { first: pick(first), second: pick(second) },
  };
}

/** Puts copies in place of what they are of. */
function replaceAll(kernels: Kernels, state: NetworkState, copies: ReadonlyMap<Tensor, Tensor>): void {
  // one tensor may have several owners, as a state that is kept as z
  const now = (tensor: Tensor): Tensor => {
    const copy = copies.get(tensor);
    if (!copy) return tensor;
    kernels.dispose(tensor);
    return kernels.retain(copy);
  };
  const { learned, biases } = state.parameters;
  for (const tensors of [biases, state.states, state.held, state.errors]) {
    for (const [name, tensor] of tensors) tensors.set(name, now(tensor));
  }
  for (const plastic of learned.values()) {
    const { moments } = plastic;
    plastic.weights = now(plastic.weights);
    plastic.moments = moments && { first: now(moments.first), second: now(moments.second) };
  }
  for (const copy of copies.values()) kernels.dispose(copy);
}

/**
 * Takes all connections from and to units away: in W, in the weights of pathways, error pathways and readouts, with what
 * optimisers remember of them. Nothing enters the units any more, so they are silent: their state is 0 and they have
 * no error, for every activation, whence no product of states and errors brings a connection back.
 * @throws EddyError INVALID_ARGUMENT, as a rejection
 */
export async function lesion(
  { kernels, net }: Place,
  { module, units: given }: Extract<Intervention, { kind: "lesion" }>,
): Promise<void> {
  const { network, state } = net;
  const spec = named("module", network.modules, module);
  const units = checkedUnits(spec, given);
  const places = checkedPlaces(network, module, units);
  const { parameters } = state;
  const [copies, { recurrent, matrix, moments }] = await Promise.all([
    changedCopies(kernels, changesOf(state, spec, units, places)),
    disconnected(kernels, parameters, module, units),
  ]);
  replaceAll(kernels, state, copies);
  for (const before of [recurrent.matrix, recurrent.moments?.first, recurrent.moments?.second])
    if (before) kernels.dispose(before);
  recurrent.matrix = matrix;
  recurrent.moments = moments;
  // what was said by connections that are no more
  for (const tensors of [state.spoken, state.sums]) drop(kernels, tensors, module);
  state.lesions.set(module, ascending([...(state.lesions.get(module) ?? []), ...units]));
  const bias = biasName(module);
  if (silentBias(spec.activation) === 0 || parameters.learned.has(bias) || parameters.biases.has(module))
    return;
  const silencing = lesionedBias(network, state, bias, spec.neurons);
  parameters.biases.set(module, kernels.tensor(silencing, [spec.neurons]));
}
