import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { Parameters } from "../model/parameters.js";
import { type NetworkState, retainSignals, type TaskState, type UploadedStimulus } from "./network-state.js";

const retainAll = (kernels: Kernels, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...tensors].map(([name, tensor]) => [name, kernels.retain(tensor)]));

const retainStimulus = (kernels: Kernels, { input, target }: UploadedStimulus): UploadedStimulus => ({
  input: kernels.retain(input),
  target: target && kernels.retain(target),
});

const retainTask = (kernels: Kernels, task: TaskState): TaskState => ({
  ...task,
  pending: task.pending && retainStimulus(kernels, task.pending),
});

/**
 * A state as it is now, with other parameters, as one more owner of all its other handles. Neither sees what becomes of
 * the other.
 * @param parameters owned by what is returned
 */
export const retainState = (kernels: Kernels, state: NetworkState, parameters: Parameters): NetworkState => ({
  ...state,
  parameters,
  gates: new Map(state.gates),
  noise: new Map(state.noise),
  injections: new Map(state.injections),
  lesions: new Map(state.lesions),
  taskParameters: new Map(state.taskParameters),
  states: retainAll(kernels, state.states),
  held: retainAll(kernels, state.held),
  errors: retainAll(kernels, state.errors),
  inputs: retainAll(kernels, state.inputs),
  outputErrors: retainAll(kernels, state.outputErrors),
  drives: retainAll(kernels, state.drives),
  heldDrives: retainAll(kernels, state.heldDrives),
  spoken: retainAll(kernels, state.spoken),
  sums: retainAll(kernels, state.sums),
  outputs: retainAll(kernels, state.outputs),
  targets: retainAll(kernels, state.targets),
  past: state.past.map((signals) => retainSignals(kernels, signals)),
  tasks: new Map([...state.tasks].map(([name, task]) => [name, retainTask(kernels, task)])),
});
