import { EddyError } from "../errors.js";
import type { Tensor } from "../kernels/kernels.js";
import type { Network } from "../model/network.js";
import { type ModuleSettle, type PhasedIterations, trialPlan } from "../model/trial-plan.js";
import { checkBatch } from "./check-batch.js";
import { drop, type NetworkState, put } from "./network-state.js";
import { type TrialEvents, type WiredNetwork, type Wiring, wireNetwork } from "./wire-network.js";

/** One trial of phased operation. */
export interface PhasedTrial {
  /** by input, [batch, size] row-major; an input that is not named presents nothing */
  readonly inputs: ReadonlyMap<string, Float32Array>;
  /** by readout, [batch, size] row-major; readouts that are not named neither answer nor learn */
  readonly targets: ReadonlyMap<string, Float32Array>;
  readonly batch: number;
}

/** How phases end. */
export interface PhasedOptions {
  /**
   * whether states and errors are whole (default), or may be of any iteration in units that nothing of the trial reads:
   * the last iteration then costs less, and outputs and weights are the same, to the bit
   */
  readonly whole?: boolean;
}

/** A network in phased operation: trial by trial, as the authors' code. Its events are those of its wiring. */
export interface PhasedNetwork
  extends Pick<WiredNetwork, "events" | "queue" | "state" | "network" | "kernels"> {
  /**
   * Makes the inference phase. Outputs and scores are in the state and the events.
   * @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT
   */
  infer(trial: PhasedTrial): void;
  /**
   * Makes both phases and changes the plastic weights; without targets, the inference phase only.
   * @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT
   */
  learn(trial: PhasedTrial, plastic?: (pathway: string) => boolean): void;
  close(): void;
}

/** A trial is over before anything else happens, so nothing can come in its way. */
const uninterrupted: TrialEvents = {
  stimulus({ key }) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `stimulus of ${key}: phased operation takes whole trials, not single stimuli`,
    );
  },
  perturbed() {},
};

/** Checks what a trial gives, before it changes anything. @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT */
function checkTrial({ inputs: sizes, readouts }: Network, { inputs, targets, batch }: PhasedTrial): void {
  const check = (what: string, size: number | undefined, data: Float32Array) => {
    if (size === undefined)
      throw new EddyError("INVALID_ARGUMENT", `trial: the network has no ${what}; leave it out of the trial`);
    checkBatch(`trial: ${what}`, data, batch, size);
  };
  for (const [name, data] of inputs) check(`input ${name}`, sizes.get(name), data);
  for (const [name, data] of targets) check(`target of readout ${name}`, readouts.get(name)?.size, data);
}

function upload(
  wired: WiredNetwork,
  into: Map<string, Tensor>,
  given: ReadonlyMap<string, Float32Array>,
  batch: number,
): void {
  drop(wired.kernels, into);
  for (const [name, data] of given)
    put(wired.kernels, into, name, wired.kernels.tensor(data, [batch, data.length / batch]));
}

function begin(wired: WiredNetwork, { inputs, targets, batch }: PhasedTrial): void {
  checkTrial(wired.network, { inputs, targets, batch });
  const { kernels, state } = wired;
  for (const tensors of [
    state.states,
    state.held,
    state.errors,
    state.outputErrors,
    state.heldDrives,
    state.spoken,
    state.sums,
    state.outputs,
  ]) {
    drop(kernels, tensors);
  }
  state.batch = batch;
  upload(wired, state.inputs, inputs, batch);
  upload(wired, state.targets, targets, batch);
}

const settle = (wired: WiredNetwork, { module, ...how }: ModuleSettle): void =>
  wired.tick({ ...how, modules: new Set([module]) });

/** z and its drive, as further owners of their handles. */
function holdInference({ kernels, state }: WiredNetwork): void {
  for (const [module, z] of state.states) put(kernels, state.held, module, kernels.retain(z));
  for (const [module, drive] of state.drives) put(kernels, state.heldDrives, module, kernels.retain(drive));
}

function inferencePhase(
  wired: WiredNetwork,
  plan: readonly ModuleSettle[],
  trial: number,
  batch: PhasedTrial,
): void {
  begin(wired, batch);
  for (const how of plan) settle(wired, how);
  holdInference(wired);
  wired.endPhase({ phase: "inference", trial, readouts: readoutsOf(wired.state), plastic: () => false });
  wired.drain();
}

const readoutsOf = (state: NetworkState): ReadonlySet<string> => new Set(state.targets.keys());

/** Delays are ticks of continuous operation: in a phase what a pathway carries is there when its target settles. */
const withoutDelays = (network: Network): Network => ({
  ...network,
  pathways: new Map([...network.pathways].map(([id, pathway]) => [id, { ...pathway, delay: 1 }])),
});

/**
 * Wires a network for phased operation: in each phase modules settle one after the other, in the order of the
 * pathways; one event is a whole phase of one module.
 * @throws EddyError INVALID_DESCRIPTION when the order of the modules is neither given nor can be derived
 * @see Liu et al. 2026, Algorithm 1
 */
export function phasedNetwork(
  wiring: Wiring,
  iterations: PhasedIterations,
  { whole = true }: PhasedOptions = {},
): PhasedNetwork {
  const { network, rule, state } = wiring;
  const plan = trialPlan(network, rule, iterations, state.parameters.biases, whole);
  const wired = wireNetwork({ ...wiring, network: withoutDelays(network) }, uninterrupted);
  let trials = 0;
  return {
    ...wired,
    network,
    infer(trial) {
      inferencePhase(wired, plan.answering, trials++, trial);
    },
    learn(trial, plastic = () => true) {
      const number = trials++;
      const learns = trial.targets.size > 0;
      inferencePhase(wired, learns ? plan.inference : plan.answering, number, trial);
      if (!learns) return;
      for (const how of plan.learning) settle(wired, how);
      wired.endPhase({ phase: "learning", trial: number, readouts: readoutsOf(state), plastic });
    },
  };
}
