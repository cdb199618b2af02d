import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { Network } from "../model/network.js";
import { type Optimiser, optimiserSchema } from "../model/optimiser.js";
import { disposeParameters, type Parameters } from "../model/parameters.js";
import { mapSignals, type Signals, signalNames } from "../model/signals.js";
import { validate } from "../model/validate.js";
import type { Injection } from "./injection.js";

/** A stimulus on the backend. */
export interface UploadedStimulus {
  /** [batch, size of the input] */
  readonly input: Tensor;
  /** [batch, size of the readout]; null: nothing to learn from */
  readonly target: Tensor | null;
}

/** Where a task's own clock stands, in continuous operation. */
export interface TaskState {
  /** trials begun */
  trial: number;
  phase: "waiting" | "inference" | "learning";
  /** ticks until the phase ends */
  ticksLeft: number;
  /** a stimulus that waits for the next phase boundary */
  pending: UploadedStimulus | null;
  /** its door was asked for a stimulus, and none has come since */
  asked: boolean;
}

/**
 * All that a network's future depends on: one explicit, serialisable value. Operators read it and leave their results
 * in it; they close over nothing that a checkpoint would miss. Its handles are owned by it.
 */
export interface NetworkState extends Signals {
  /** ticks made */
  tick: number;
  /** stimuli at once */
  batch: number;
  readonly parameters: Parameters;
  optimiser: Optimiser;
  /** scale of the errors that pathways carry, dimensionless */
  beta: number;
  /** of beta in the trial that goes on, where the rule draws it */
  sign: 1 | -1;
  /** what is drawn while the network runs, stimuli of built-in tasks included, follows from this seed and a number */
  readonly seed: number;
  /** that its weights were drawn from */
  readonly weightsSeed: number;
  /** the tick at which it was last at rest: what goes by the number of a tick counts from here */
  readonly began: number;
  /** trials of phased operation that learned */
  trials: number;
  readonly gates: Map<string, number>;
  /** standard deviation of what enters each unit anew on every tick, by module that has any; dimensionless */
  readonly noise: Map<string, number>;
  /** what is added to the drive of a module for a while, in the order in which it came, by module that has any */
  readonly injections: Map<string, readonly Injection[]>;
  /** units without connections, ascending, by module that has any; the weights say the same */
  readonly lesions: Map<string, readonly number[]>;
  /** numbers of the tasks' own that were changed, by task that has any */
  readonly taskParameters: Map<string, Readonly<Record<string, number>>>;
  readonly states: Map<string, Tensor>;
  readonly held: Map<string, Tensor>;
  readonly errors: Map<string, Tensor>;
  readonly inputs: Map<string, Tensor>;
  readonly outputErrors: Map<string, Tensor>;
  /** what drove each module in its last iteration */
  readonly drives: Map<string, Tensor>;
  /** what drove each module at the end of the inference phase; phased operation only */
  readonly heldDrives: Map<string, Tensor>;
  /** the state of each unit when it last spoke, by module that propagates changes only */
  readonly spoken: Map<string, Tensor>;
  /** what these units have said so far, `spoken W`, by module */
  readonly sums: Map<string, Tensor>;
  /** by readout */
  readonly outputs: Map<string, Tensor>;
  /** by readout */
  readonly targets: Map<string, Tensor>;
  /** what was published 1, 2, ... ticks before the last, as far back as the longest delay reaches */
  past: readonly Signals[];
  readonly tasks: Map<string, TaskState>;
}

/**
 * The state of a network before its first tick: everything at rest, gates as described.
 * @throws EddyError INVALID_DESCRIPTION for an optimiser with a rate that is none
 */
export function restingState(
  network: Network,
  parameters: Parameters,
  {
    batch,
    beta,
    optimiser,
    seed = 0,
    weightsSeed = seed,
    began = 0,
  }: Pick<NetworkState, "batch" | "beta" | "optimiser"> &
    Partial<Pick<NetworkState, "seed" | "weightsSeed" | "began">>,
): NetworkState {
  const checked = validate(optimiserSchema, optimiser, "optimiser");
  const gates = new Map([...network.pathways.values()].map(({ id, gate }) => [id, gate]));
  const empty = () => new Map<string, Tensor>();
  return {
    tick: began,
    batch,
    parameters,
    optimiser: checked,
    beta,
    sign: 1,
    seed,
    weightsSeed,
    began,
    trials: 0,
    gates,
    noise: new Map(),
    injections: new Map(),
    lesions: new Map(),
    taskParameters: new Map(),
    states: empty(),
    held: empty(),
    errors: empty(),
    inputs: empty(),
    outputErrors: empty(),
    drives: empty(),
    heldDrives: empty(),
    spoken: empty(),
    sums: empty(),
    outputs: empty(),
    targets: empty(),
    past: [],
    tasks: new Map(),
  };
}

/** Puts an owned handle in place of the one before. */
export function put(kernels: Kernels, tensors: Map<string, Tensor>, name: string, tensor: Tensor): void {
  const before = tensors.get(name);
  tensors.set(name, tensor);
  if (before) kernels.dispose(before);
}

/** Takes one handle, or all of them, out of a part of the state. */
export function drop(kernels: Kernels, tensors: Map<string, Tensor>, ...names: readonly string[]): void {
  for (const name of names.length > 0 ? names : [...tensors.keys()]) {
    const tensor = tensors.get(name);
    tensors.delete(name);
    if (tensor) kernels.dispose(tensor);
  }
}

/** The signals of now, as one more owner of their handles. */
export const retainSignals = (kernels: Kernels, signals: Signals): Signals =>
  mapSignals((kind) => new Map([...signals[kind]].map(([name, tensor]) => [name, kernels.retain(tensor)])));

/** Frees the handles of signals. */
export function disposeSignals(kernels: Kernels, signals: Signals): void {
  for (const kind of signalNames) for (const tensor of signals[kind].values()) kernels.dispose(tensor);
}

/** Frees an uploaded stimulus. */
export function disposeStimulus(kernels: Kernels, { input, target }: UploadedStimulus): void {
  kernels.dispose(input);
  if (target) kernels.dispose(target);
}

/** Frees everything that a state owns. */
export function disposeState(kernels: Kernels, state: NetworkState): void {
  disposeSignals(kernels, state);
  for (const past of state.past) disposeSignals(kernels, past);
  const { drives, heldDrives, spoken, sums, outputs, targets } = state;
  for (const tensors of [drives, heldDrives, spoken, sums, outputs, targets]) {
    for (const tensor of tensors.values()) kernels.dispose(tensor);
  }
  for (const { pending } of state.tasks.values()) {
    if (pending) disposeStimulus(kernels, pending);
  }
  disposeParameters(kernels, state.parameters);
}
