import { z } from "zod";
import { EddyError } from "../errors.js";
import type { Kernels, Moments, RecurrentMatrix, Tensor } from "../kernels/kernels.js";
import { checkWeights, type SparseWeights } from "../kernels/sparse-weights.js";
import type { Network } from "../model/network.js";
import { biasName, recurrentName } from "../model/network.js";
import { optimiserSchema } from "../model/optimiser.js";
import type { Parameters } from "../model/parameters.js";
import { mapSignals, type Signals, signalNames } from "../model/signals.js";
import { validate } from "../model/validate.js";
import { type NetworkState, restingState } from "../streams/network-state.js";
import { controlFields, controlOf, restoreControl, storeInjections } from "./control-snapshot.js";
import type { StoredTensor } from "./safetensors.js";

const count = z.int().min(0);

/** The numbers of a state that are no tensors. */
export const scalarsSchema = z.strictObject({
  tick: count,
  batch: z.int().min(1),
  beta: z.number(),
  seed: count.default(0),
  /** that learned, in phased operation */
  trials: count.default(0),
  optimiser: optimiserSchema,
  gates: z.record(z.string(), z.number()),
  spectralRadii: z.record(z.string(), z.number()),
  /** optimiser steps, by name of the weights */
  steps: z.record(z.string(), count),
  tasks: z.record(
    z.string(),
    z.strictObject({
      trial: z.int().min(-1),
      phase: z.enum(["waiting", "inference", "learning"]),
      ticksLeft: count,
      asked: z.boolean().default(false),
    }),
  ),
  /** how many ticks back delayed pathways reach */
  past: count,
  ...controlFields,
});

/** A network's state away from its backend: what a checkpoint holds. */
export interface StateSnapshot {
  readonly scalars: z.output<typeof scalarsSchema>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const stateParts = [...signalNames, "drives", "heldDrives", "spoken", "sums", "outputs", "targets"] as const;

function* signalTensors(signals: Signals, prefix: string): Generator<[string, Tensor]> {
  for (const part of signalNames)
    for (const [name, tensor] of signals[part]) yield [`${prefix}${part}/${name}`, tensor];
}

function* momentTensors(name: string, moments: Moments | null): Generator<[string, Tensor]> {
  if (!moments) return;
  yield [`first moments/${name}`, moments.first];
  yield [`second moments/${name}`, moments.second];
}

function* parameterTensors({ recurrent, biases, learned }: Parameters): Generator<[string, Tensor]> {
  for (const [module, { moments }] of recurrent) yield* momentTensors(recurrentName(module), moments);
  for (const [module, bias] of biases) yield [`weights/${biasName(module)}`, bias];
  for (const [name, { weights, moments }] of learned) {
    yield [`weights/${name}`, weights];
    yield* momentTensors(name, moments);
  }
}

/** Optimiser steps of all that learns, by name; of recurrent matrices those that have made one. */
function stepsOf({ recurrent, learned }: Parameters): Record<string, number> {
  const matrices = [...recurrent].map(([module, { steps }]) => [recurrentName(module), steps] as const);
  const others = [...learned].map(([name, { steps }]) => [name, steps] as const);
  return Object.fromEntries([...matrices.filter(([, steps]) => steps > 0), ...others]);
}

/** Everything that moves; phased operation between two trials does without. */
function* movingTensors(state: NetworkState): Generator<[string, Tensor]> {
  for (const part of stateParts) for (const [name, tensor] of state[part]) yield [`${part}/${name}`, tensor];
  for (const [i, past] of state.past.entries()) yield* signalTensors(past, `past ${i}/`);
  for (const [task, { pending }] of state.tasks) {
    if (pending) yield [`pending input/${task}`, pending.input];
    if (pending?.target) yield [`pending target/${task}`, pending.target];
  }
}

/**
 * Reads a state back from its backend. What waits in the tick-boundary queue is no part of it: in continuous operation
 * work that off first (`drain`).
 * @param moving whether to keep states, errors and stimuli too, or, between two trials of phased operation, only what
 *   was learned
 * @param weightsOf reads a recurrent matrix back, or has it already; it is not changed
 */
export async function takeSnapshot(
  kernels: Kernels,
  state: NetworkState,
  moving: boolean,
  weightsOf: Kernels["weights"] = (matrix) => kernels.weights(matrix),
): Promise<StateSnapshot> {
  const { parameters, tick, batch, beta, seed, trials, optimiser, gates, tasks, past } = state;
  const tensors = new Map<string, StoredTensor>();
  // before anything is awaited: the clock may go on meanwhile
  storeInjections(state, tensors);
  const handles = [...parameterTensors(parameters), ...(moving ? movingTensors(state) : [])];
  const scalars = {
    tick,
    batch,
    beta,
    seed,
    trials,
    optimiser,
    gates: Object.fromEntries(gates),
    spectralRadii: Object.fromEntries(
      [...parameters.recurrent].map(([name, { spectralRadius }]) => [name, spectralRadius]),
    ),
    steps: stepsOf(parameters),
    tasks: Object.fromEntries([...tasks].map(([name, { pending: _, ...clock }]) => [name, clock])),
    past: moving ? past.length : 0,
    ...controlOf(state),
  };
  const modules = [...parameters.recurrent];
  const [recurrent, values] = await Promise.all([
    Promise.all(modules.map(([, { matrix }]) => weightsOf(matrix))),
    Promise.all(handles.map(([, tensor]) => kernels.read(tensor))),
  ]);
  for (const [i, [module]] of modules.entries()) storeRecurrent(tensors, module, recurrent[i]);
  for (const [i, [name, { shape }]] of handles.entries()) tensors.set(name, { shape, data: values[i] });
  return { scalars, tensors };
}

const recurrentParts = {
  counts: "recurrent counts",
  columns: "recurrent columns",
  values: "recurrent values",
} as const;

/** W without its zeros, 8 bytes a connection: how many each row has, their columns and their values, all as float32. */
function storeRecurrent(
  tensors: Map<string, StoredTensor>,
  module: string,
  { neurons, rows, columns, values }: SparseWeights,
): void {
  const counts = Float32Array.from({ length: neurons }, (_unused, from) => rows[from + 1] - rows[from]);
  const shape = [values.length];
  tensors.set(`${recurrentParts.counts}/${module}`, { shape: [neurons], data: counts });
  tensors.set(`${recurrentParts.columns}/${module}`, { shape, data: new Float32Array(columns) });
  tensors.set(`${recurrentParts.values}/${module}`, { shape, data: values });
}

/** What of a backend it takes to bring tensors onto it. */
type Uploads = Pick<Kernels, "tensor" | "matrix">;

/** A tensor of a checkpoint, of a given shape. @throws EddyError CHECKPOINT_MISMATCH */
type Stored = (name: string, shape?: readonly number[]) => StoredTensor;

function restoreRecurrent(
  kernels: Uploads,
  stored: Stored,
  module: string,
  neurons: number,
): RecurrentMatrix {
  const counts = stored(`${recurrentParts.counts}/${module}`, [neurons]).data;
  const { data: values, shape } = stored(`${recurrentParts.values}/${module}`);
  const columns = stored(`${recurrentParts.columns}/${module}`, shape).data;
  const rows = new Uint32Array(neurons + 1);
  for (let from = 0; from < neurons; from++) rows[from + 1] = rows[from] + counts[from];
  const weights = { neurons, rows, columns: Uint16Array.from(columns), values };
  try {
    checkWeights(weights);
  } catch (cause) {
    throw new EddyError(
      "CHECKPOINT_MISMATCH",
      `the checkpoint's recurrent weights of module "${module}" are not whole; write it again`,
      { cause },
    );
  }
  return kernels.matrix(weights);
}

/** Uploads every tensor of one part of a snapshot. */
function uploadPart(
  kernels: Uploads,
  tensors: StateSnapshot["tensors"],
  part: string,
  into: Map<string, Tensor>,
): void {
  for (const [name, { data, shape }] of tensors) {
    if (name.startsWith(`${part}/`)) into.set(name.slice(part.length + 1), kernels.tensor(data, shape));
  }
}

function restoreParameters(
  kernels: Uploads,
  network: Network,
  { scalars, tensors }: StateSnapshot,
): Parameters {
  const parameters: Parameters = { recurrent: new Map(), biases: new Map(), learned: new Map() };
  const stored: Stored = (name, shape) => {
    const tensor = tensors.get(name);
    if (tensor && (!shape || String(tensor.shape) === String(shape))) return tensor;
    const found = tensor ? `a tensor "${name}" of shape [${tensor.shape}]` : `no tensor "${name}"`;
    const needed = shape ? `one of shape [${shape}]` : "it";
    throw new EddyError(
      "CHECKPOINT_MISMATCH",
      `the checkpoint has ${found}, where this network needs ${needed}; it is another network's`,
    );
  };
  const uploaded = (name: string): Tensor => kernels.tensor(stored(name).data, stored(name).shape);
  const momentsOf = (name: string): Moments | null =>
    tensors.has(`first moments/${name}`)
      ? { first: uploaded(`first moments/${name}`), second: uploaded(`second moments/${name}`) }
      : null;
  for (const { name, shape } of network.weights.values()) stored(`weights/${name}`, shape);
  const learned = new Map(Object.entries(scalars.steps));
  for (const { name, neurons, spectralRadius: drawnRadius } of network.modules.values()) {
    const spectralRadius = scalars.spectralRadii[name] ?? drawnRadius;
    const matrix = restoreRecurrent(kernels, stored, name, neurons);
    const own = recurrentName(name);
    const steps = learned.get(own) ?? 0;
    parameters.recurrent.set(name, { matrix, moments: momentsOf(own), steps, drawnRadius, spectralRadius });
    learned.delete(own);
    const bias = biasName(name);
    if (tensors.has(`weights/${bias}`) && !learned.has(bias))
      parameters.biases.set(name, uploaded(`weights/${bias}`));
  }
  for (const [name, steps] of learned) {
    parameters.learned.set(name, { weights: uploaded(`weights/${name}`), moments: momentsOf(name), steps });
  }
  return parameters;
}

function restore(kernels: Uploads, network: Network, snapshot: StateSnapshot): NetworkState {
  const scalars = validate(scalarsSchema, snapshot.scalars, "checkpoint.state");
  const { tensors } = snapshot;
  const state = restingState(network, restoreParameters(kernels, network, snapshot), scalars);
  state.tick = scalars.tick;
  state.trials = scalars.trials;
  restoreControl(state, network, scalars, tensors);
  for (const [id, gate] of Object.entries(scalars.gates)) state.gates.set(id, gate);
  for (const part of stateParts) uploadPart(kernels, tensors, part, state[part]);
  state.past = Array.from({ length: scalars.past }, (_unused, i) =>
    mapSignals((kind) => {
      const uploaded = new Map<string, Tensor>();
      uploadPart(kernels, tensors, `past ${i}/${kind}`, uploaded);
      return uploaded;
    }),
  );
  const pending = { input: new Map<string, Tensor>(), target: new Map<string, Tensor>() };
  uploadPart(kernels, tensors, "pending input", pending.input);
  uploadPart(kernels, tensors, "pending target", pending.target);
  for (const [name, task] of Object.entries(scalars.tasks)) {
    const input = pending.input.get(name);
    state.tasks.set(name, {
      ...task,
      pending: input ? { input, target: pending.target.get(name) ?? null } : null,
    });
  }
  return state;
}

/**
 * Brings a snapshot onto a backend. A refusal leaves no handles behind.
 * @throws EddyError CHECKPOINT_MISMATCH when it lacks what the network needs
 */
export function restoreState(kernels: Kernels, network: Network, snapshot: StateSnapshot): NetworkState {
  const made: (Tensor | RecurrentMatrix)[] = [];
  const uploaded = <Handle extends Tensor | RecurrentMatrix>(handle: Handle): Handle => {
    made.push(handle);
    return handle;
  };
  const uploads: Uploads = {
    tensor: (data, shape) => uploaded(kernels.tensor(data, shape)),
    matrix: (weights) => uploaded(kernels.matrix(weights)),
  };
  try {
    return restore(uploads, network, snapshot);
  } catch (error) {
    for (const handle of made) kernels.dispose(handle);
    throw error;
  }
}
