import { EddyError } from "../errors.js";
import type { Activation, Tensor } from "../kernels/kernels.js";
import type { Phase } from "../model/learning-rule.js";
import type { Module, Network } from "../model/network.js";
import { type PhasedOrder, phasedOrder } from "../model/phased-order.js";
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

/** A network in phased operation: trial by trial, as the authors' code. Its events are those of its wiring. */
export interface PhasedNetwork
  extends Pick<WiredNetwork, "events" | "queue" | "state" | "network" | "kernels"> {
  /** Makes the inference phase. Outputs and scores are in the state and the events. @throws EddyError SHAPE_MISMATCH */
  infer(trial: PhasedTrial): void;
  /** Makes both phases and changes the plastic weights. @throws EddyError SHAPE_MISMATCH */
  learn(trial: PhasedTrial, plastic?: (pathway: string) => boolean): void;
  close(): void;
}

/** Iterations of the two phases. */
export interface PhasedIterations {
  readonly inference: number;
  readonly learning: number;
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

const movesAtRest = (activation: Activation): boolean =>
  activation === "sigmoid" || activation === "hardSigmoid";

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
  const { kernels, state } = wired;
  for (const tensors of [
    state.states,
    state.held,
    state.errors,
    state.outputErrors,
    state.heldDrives,
    state.outputs,
  ]) {
    drop(kernels, tensors);
  }
  state.batch = batch;
  upload(wired, state.inputs, inputs, batch);
  upload(wired, state.targets, targets, batch);
}

function settle(wired: WiredNetwork, phase: Phase, module: string, iterations: number): void {
  wired.tick({
    modules: new Set([module]),
    iterations: phase.iterations === "none" ? 0 : iterations,
    start: phase.start,
    // what is held is the drive itself, so pathways need not carry it again
    forward: phase.forward === "held" ? "nothing" : phase.forward,
    error: phase.error,
    heldDrive: phase.forward === "held",
    phase: phase.name,
  });
}

/** A module that took no part in inference has what it settles to without input. */
function settleAlone(
  wired: WiredNetwork,
  phase: Phase,
  { name, activation }: Module,
  iterations: number,
): void {
  const rests = !movesAtRest(activation) && !wired.state.parameters.biases.has(name);
  settle(wired, { ...phase, forward: "nothing", error: "nothing" }, name, rests ? 0 : iterations);
}

/** z and its drive, as further owners of their handles. */
function holdInference({ kernels, state }: WiredNetwork): void {
  for (const [module, z] of state.states) put(kernels, state.held, module, kernels.retain(z));
  for (const [module, drive] of state.drives) put(kernels, state.heldDrives, module, kernels.retain(drive));
}

function inferencePhase(
  wired: WiredNetwork,
  order: PhasedOrder,
  iterations: number,
  trial: number,
  batch: PhasedTrial,
): void {
  const [inference] = wired.rule.phases;
  begin(wired, batch);
  for (const module of order.inference) settle(wired, inference, module, iterations);
  for (const module of wired.network.modules.values()) {
    if (!order.inference.includes(module.name)) settleAlone(wired, inference, module, iterations);
  }
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
export function phasedNetwork(wiring: Wiring, iterations: PhasedIterations): PhasedNetwork {
  const order = phasedOrder(wiring.network);
  const wired = wireNetwork({ ...wiring, network: withoutDelays(wiring.network) }, uninterrupted);
  let trials = 0;
  return {
    ...wired,
    network: wiring.network,
    infer(trial) {
      inferencePhase(wired, order, iterations.inference, trials++, trial);
    },
    learn(trial, plastic = () => true) {
      const number = trials++;
      inferencePhase(wired, order, iterations.inference, number, trial);
      const [, learning] = wired.rule.phases;
      for (const module of order.learning) settle(wired, learning, module, iterations.learning);
      wired.endPhase({ phase: "learning", trial: number, readouts: readoutsOf(wired.state), plastic });
    },
  };
}
