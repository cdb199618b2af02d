import { merge, type Observable, Subject, share } from "rxjs";
import type { Kernels, Tensor } from "../kernels/kernels.js";
import type { EventDriven } from "../model/change-propagation.js";
import type { LearningRule } from "../model/learning-rule.js";
import type { Network } from "../model/network.js";
import { setSpectralRadius } from "../model/parameters.js";
import { plasticMatrices, plasticWeights } from "../model/plastic-weights.js";
import type { NetworkEvent } from "./events.js";
import { gate } from "./gate.js";
import { rnnModule } from "./module.js";
import { moduleError } from "./module-error.js";
import { disposeState, type NetworkState, put } from "./network-state.js";
import { outputError } from "./output-error.js";
import { pathway } from "./pathway.js";
import type { PhaseEnd } from "./phase-end.js";
import { plasticity } from "./plasticity.js";
import { readout, readoutPathways } from "./readout.js";
import { recurrentPlasticity } from "./recurrent-plasticity.js";
import { slopedErrors } from "./sloped-errors.js";
import type { Tick, TickSpec } from "./tick.js";
import { tickBoundary } from "./tick-boundary.js";
import { disposeQueued, type QueuedEvent, type TickQueue, tickQueue } from "./tick-queue.js";

/** How a schedule answers what reaches its trials at a boundary. */
export interface TrialEvents {
  /** A stimulus has come; its tensors belong to the callee. */
  stimulus(event: Extract<QueuedEvent, { kind: "stimulus" }>): void;
  /** The state has a new output error. */
  perturbed(readout: string): void;
}

/** What a network is wired from. */
export interface Wiring {
  readonly kernels: Kernels;
  readonly network: Network;
  readonly rule: LearningRule;
  /** owned by the wired network from now on */
  readonly state: NetworkState;
  /** update events carry their gradients */
  readonly keepGradients?: boolean;
  /** propagate only changes; absent makes full products */
  readonly propagation?: EventDriven;
}

/** A network whose modules, pathways, readouts and plasticity are connected; a schedule drives it. */
export interface WiredNetwork extends Wiring {
  readonly queue: TickQueue;
  /** Everything that happens, in order; errs when an operator fails. Late subscribers see what comes. */
  readonly events: Observable<NetworkEvent>;
  /** Makes one tick. @throws what an operator failed with */
  tick(spec: TickSpec): void;
  /** Works off the queue without a tick: for schedules whose phases may have none. */
  drain(): void;
  /** Ends a phase: readouts answer, or plasticity learns. @throws what an operator failed with */
  endPhase(end: Omit<PhaseEnd, "state" | "tick">): void;
  /** Tells those who watch of something that no operator emits. */
  announce(event: NetworkEvent): void;
  /** Completes the events and frees the state. */
  close(): void;
}

/** The operators of a network: what they make of ticks and of the ends of phases. */
function operators(
  { kernels, network, rule, state, keepGradients }: Wiring,
  ticks: Observable<Tick>,
  ends: Observable<PhaseEnd>,
): Observable<NetworkEvent> {
  const pathways = [...network.pathways.values()].filter(({ kind }) => kind !== "readout");
  // one merge of all: an event passes through every merge that is nested
  const modules = [...network.modules.values()].flatMap((module) => {
    const entering = pathways.filter(({ target }) => target.name === module.name);
    const carried = entering.map((spec) => ticks.pipe(pathway(spec), gate()));
    const states = ticks.pipe(rnnModule(module, carried), share());
    return [states, states.pipe(moduleError(state))];
  });
  const readouts = [...network.readouts.values()].flatMap((spec) => {
    const outputs = ends.pipe(readout(kernels, spec, readoutPathways(network, spec.name)), share());
    return [outputs, outputs.pipe(outputError(kernels, state))];
  });
  const updates = plasticWeights(network).map((plastic) =>
    ends.pipe(plasticity(kernels, rule, plastic, keepGradients)),
  );
  const recurrent = plasticMatrices(network).map((plastic) =>
    ends.pipe(recurrentPlasticity(kernels, rule, plastic, keepGradients)),
  );
  return merge(...modules, ...readouts, ...recurrent, ...updates);
}

/** Tells operators of the end of a phase; sloped errors, which learning needs, are lent to them as long. */
function tellEnd(
  { kernels, network, rule, state }: Wiring,
  ends: Subject<PhaseEnd>,
  end: Omit<PhaseEnd, "state" | "tick">,
): void {
  const learns = end.phase === "learning";
  const sloped = learns ? slopedErrors(kernels, network, rule, state) : new Map<string, Tensor>();
  ends.next({ ...end, tick: state.tick, state, slopedErrors: sloped });
  for (const tensor of sloped.values()) kernels.dispose(tensor);
}

/** What a queued event changes. */
function applyEvent(wired: WiredNetwork, trials: TrialEvents, event: QueuedEvent): void {
  const { kernels, state } = wired;
  switch (event.kind) {
    case "gate":
      state.gates.set(event.key, event.gate);
      wired.announce({ kind: "gate", tick: state.tick, pathway: event.key, gate: event.gate });
      break;
    case "learningRate":
      state.optimiser = { ...state.optimiser, learningRate: event.value };
      break;
    case "beta":
      state.beta = event.value;
      break;
    case "spectralRadius":
      setSpectralRadius(state.parameters, event.key, event.value);
      break;
    case "outputError":
      put(kernels, state.outputErrors, event.key, event.error);
      trials.perturbed(event.key);
      break;
    case "stimulus":
      trials.stimulus(event);
  }
}

/**
 * Wires a network from its description: one operator a module, pathway, gate, readout and matrix of weights, around
 * the one tick-boundary queue that carries all feedback. Both schedules drive what it returns.
 * @param trials how the schedule answers stimuli and output errors
 */
export function wireNetwork(wiring: Wiring, trials: TrialEvents): WiredNetwork {
  const { kernels, state } = wiring;
  const queue = tickQueue();
  const specs = new Subject<TickSpec>();
  const ends = new Subject<PhaseEnd>();
  const events = new Subject<NetworkEvent>();
  /** gradients and reports: of the events alone */
  let lent: Tensor[] = [];
  let failure: { readonly error: unknown } | null = null;
  const takeBack = () => {
    if (lent.length === 0) return;
    for (const tensor of lent) kernels.dispose(tensor);
    lent = [];
  };
  const failed = () => {
    if (failure) throw failure.error;
  };
  const apply = (event: QueuedEvent) => applyEvent(wired, trials, event);
  const wired: WiredNetwork = {
    ...wiring,
    queue,
    events: events.asObservable(),
    tick(spec) {
      takeBack();
      specs.next(spec);
      failed();
    },
    drain: () => queue.drain(apply),
    endPhase(end) {
      tellEnd(wiring, ends, end);
      failed();
    },
    announce: (event) => events.next(event),
    close() {
      specs.complete();
      ends.complete();
      events.complete();
      takeBack();
      queue.drain((event) => disposeQueued(kernels, event));
      disposeState(kernels, state);
    },
  };
  const ticks = specs.pipe(tickBoundary({ ...wiring, queue, apply }), share());
  operators(wiring, ticks, ends).subscribe({
    next(event) {
      if (event.kind === "outputError")
        queue.push({ kind: "outputError", key: event.readout, error: event.error });
      if ((event.kind === "update" || event.kind === "recurrentUpdate") && event.gradient)
        lent.push(event.gradient);
      if (event.kind === "state" && event.report) lent.push(event.report);
      events.next(event);
    },
    error(error) {
      failure = { error };
      events.error(error);
    },
  });
  return wired;
}
