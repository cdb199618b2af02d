import { EddyError, invariant } from "../errors.js";
import type { Tensor } from "../kernels/kernels.js";
import { byId, type Network } from "../model/network.js";
import { moduleBias } from "../model/parameters.js";
import { random } from "../model/random.js";
import { perturbedModules } from "../model/signals.js";
import { type ModuleSettle, type PhasedIterations, stepwise, trialPlan } from "../model/trial-plan.js";
import { checkBatch } from "./check-batch.js";
import { drop, type NetworkState, put } from "./network-state.js";
import { answer, readoutPathways } from "./readout.js";
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
  /** whether every iteration is an event of its own, for those who watch states on their way; default: a whole phase is */
  readonly stepwise?: boolean;
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

const settle = (wired: WiredNetwork, { module, others = [], ...how }: ModuleSettle): void =>
  wired.tick({ ...how, modules: new Set([module, ...others]) });

/** Compares what the readouts answer now with their targets; the errors enter with the next tick. */
function compareAgain({ kernels, network, state, queue }: WiredNetwork): void {
  for (const [name, target] of state.targets) {
    const readout = network.readouts.get(name);
    invariant(readout, "targets are those of readouts");
    const output = answer(kernels, readout, readoutPathways(network, name).sort(byId), state);
    queue.push({ kind: "outputError", key: name, error: kernels.difference(output, target) });
    kernels.dispose(output);
  }
}

function learningPhase(wired: WiredNetwork, plan: readonly ModuleSettle[]): void {
  for (const [i, how] of plan.entries()) {
    // before the first iteration they answer what they answered last
    if (how.followsOutput && i > 0) compareAgain(wired);
    settle(wired, how);
  }
}

/** Draws the sign of beta for a trial, where the rule asks for it. It follows from the seed and the trial's number. */
function drawSign({ rule, state }: WiredNetwork): void {
  if (rule.drawsSign)
    state.sign = random(state.seed, `sign of beta in trial ${state.trials}`).uniform(-1, 1) < 0 ? -1 : 1;
}

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
  wired.endPhase({
    phase: "inference",
    trial,
    readouts: readoutsOf(wired.state),
    plastic: () => false,
    perturbed: () => false,
  });
  wired.drain();
}

const readoutsOf = (state: NetworkState): ReadonlySet<string> => new Set(state.targets.keys());

/** Which modules the errors of this trial's readouts perturb, through the error pathways that are open. */
function perturbedIn({ network, rule, state }: WiredNetwork): (module: string) => boolean {
  const kinds = rule.phases[1].forward === "state" ? (["error", "forward"] as const) : (["error"] as const);
  const open = (pathway: string) => state.gates.get(pathway) !== 0;
  let perturbed: ReadonlySet<string> | null = null;
  // walks the network only where a module learns
  return (module) => {
    perturbed ??= new Set(
      [...readoutsOf(state)].flatMap((name) => [...perturbedModules(network, name, open, kinds)]),
    );
    return perturbed.has(module);
  };
}

/** Delays are ticks of continuous operation: in a phase what a pathway carries is there when its target settles. */
const withoutDelays = (network: Network): Network => ({
  ...network,
  pathways: new Map([...network.pathways].map(([id, pathway]) => [id, { ...pathway, delay: 1 }])),
});

/**
 * Wires a network for phased operation: in each phase modules settle one after the other, in the order of the
 * pathways, and one event is a whole phase of one module; or all at once, iteration by iteration, if the rule says so.
 * @throws EddyError INVALID_DESCRIPTION when the order of the modules is neither given nor can be derived, or the rule
 *   does not take the network; INVALID_ARGUMENT for a tolerance in stepwise operation
 * @see Liu et al. 2026, Algorithm 1
 */
export function phasedNetwork(
  wiring: Wiring,
  iterations: PhasedIterations,
  { whole = true, stepwise: singly = false }: PhasedOptions = {},
): PhasedNetwork {
  const { network, rule, state } = wiring;
  rule.check?.(network);
  const biased = { has: (module: string) => moduleBias(state.parameters, module) !== undefined };
  if (singly && iterations.tolerance !== undefined)
    throw new EddyError(
      "INVALID_ARGUMENT",
      "stepwise operation makes all iterations: leave iterations.tolerance out",
    );
  const planned = trialPlan(network, rule, iterations, biased, whole);
  const plan = singly ? stepwise(planned) : planned;
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
      drawSign(wired);
      learningPhase(wired, plan.learning);
      wired.endPhase({
        phase: "learning",
        trial: number,
        readouts: readoutsOf(state),
        plastic,
        perturbed: perturbedIn(wired),
      });
      state.sign = 1;
      state.trials += 1;
    },
  };
}
