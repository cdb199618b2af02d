import type { Kernels, Tensor } from "../../kernels/kernels.js";
import { leastWeight } from "../../kernels/sparse-weights.js";
import type { Plastic, Recurrent } from "../../model/parameters.js";
import { mapSignals } from "../../model/signals.js";
import { drop, type NetworkState, put } from "../../streams/network-state.js";
import type { Intervention } from "../command.js";
import { lesionedBias } from "./lesioned-bias.js";
import type { Place } from "./place.js";
import { named } from "./ranges.js";

type Quiet = Extract<Intervention, { kind: "quiet" }>;

const zeros = (kernels: Kernels, shape: readonly number[]): Tensor =>
  kernels.tensor(new Float32Array(shape.reduce((size, length) => size * length, 1)), shape);

/** Unlike `drop`, nothing where there are no names. */
function dropNamed(kernels: Kernels, tensors: Map<string, Tensor>, names: Iterable<string>): void {
  for (const name of names) drop(kernels, tensors, name);
}

/** What delayed pathways would still carry of these modules and readouts is let go. */
function forgetPast(kernels: Kernels, state: NetworkState, { modules, readouts }: Quiet): void {
  const gone = new Set(modules);
  const silent = new Set(readouts);
  state.past = state.past.map((past) =>
    mapSignals((kind) => {
      const names = kind === "outputErrors" ? silent : kind === "inputs" ? new Set<string>() : gone;
      const kept = new Map(past[kind]);
      dropNamed(kernels, kept, names);
      return kept;
    }),
  );
}

/** W and its moments with something that is a number in place of what is none. */
async function mended(kernels: Kernels, { matrix, moments }: Recurrent) {
  const [weights, first, second] = await Promise.all([
    kernels.weights(matrix),
    moments && kernels.read(moments.first),
    moments && kernels.read(moments.second),
  ]);
  const finite = (data: Float32Array, otherwise: number) =>
    data.map((value) => (Number.isFinite(value) ? value : otherwise));
  const moment = (data: Float32Array) => kernels.tensor(finite(data, 0), [data.length]);
  return {
    matrix: kernels.matrix({ ...weights, values: finite(weights.values, leastWeight) }),
    moments: first && second && { first: moment(first), second: moment(second) },
  };
}

function silence(kernels: Kernels, bias: Plastic, values: Float32Array): void {
  const { weights, moments } = bias;
  bias.weights = kernels.tensor(values, weights.shape);
  bias.moments = null;
  bias.steps = 0;
  for (const tensor of [weights, moments?.first, moments?.second]) if (tensor) kernels.dispose(tensor);
}

/**
 * Brings modules back to rest: states are zero, and what was kept of them (z, errors, drives, what they have spoken, and
 * what is injected) is gone, so that they take no further part in the learning phase that goes on. Readouts lose their
 * answer and its error.
 * @throws EddyError INVALID_ARGUMENT, as a rejection, for unknown names
 */
export async function quiet({ kernels, net }: Place, command: Quiet): Promise<void> {
  const { network, state } = net;
  const { modules, readouts, biases, matrices } = command;
  const { learned, recurrent } = state.parameters;
  const resting = modules.map((name) => named("modules", network.modules, name));
  for (const name of readouts) named("readouts", network.readouts, name);
  const silenced = biases.map((name) => named("biases", learned, name));
  const torn = matrices.map((name) => named("matrices", recurrent, name));
  const whole = await Promise.all(torn.map((matrix) => mended(kernels, matrix)));
  for (const { name, neurons } of resting) {
    put(kernels, state.states, name, zeros(kernels, [state.batch, neurons]));
    state.injections.delete(name);
  }
  const { held, errors, drives, heldDrives, spoken, sums } = state;
  for (const kept of [held, errors, drives, heldDrives, spoken, sums]) dropNamed(kernels, kept, modules);
  for (const kept of [state.outputs, state.outputErrors]) dropNamed(kernels, kept, readouts);
  for (const [i, bias] of silenced.entries()) {
    silence(kernels, bias, lesionedBias(network, state, biases[i], bias.weights.shape[0]));
  }
  for (const [i, matrix] of torn.entries()) {
    for (const handle of [matrix.matrix, matrix.moments?.first, matrix.moments?.second])
      if (handle) kernels.dispose(handle);
    Object.assign(matrix, whole[i]);
  }
  // of connections that are others now
  for (const kept of [spoken, sums]) dropNamed(kernels, kept, matrices);
  forgetPast(kernels, state, command);
}
