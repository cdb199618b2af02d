import { Observable, type OperatorFunction } from "rxjs";
import type { LearningRule } from "../model/learning-rule.js";
import type { Network } from "../model/network.js";
import { endInjections } from "./injection.js";
import { disposeSignals, put, retainSignals } from "./network-state.js";
import { type Tick, type TickSpec, tickOf } from "./tick.js";
import { type Iterated, type Planning, TickPlans } from "./tick-plan.js";
import type { QueuedEvent, TickQueue } from "./tick-queue.js";

/** What a boundary needs of the network that it serves. */
export interface Boundary extends Planning {
  readonly rule: LearningRule;
  readonly queue: TickQueue;
  /** Acts on what was queued. */
  apply(event: QueuedEvent): void;
}

const longestDelay = ({ pathways }: Network): number =>
  Math.max(1, ...[...pathways.values()].map(({ delay }) => delay));

/** Keeps what is published now for pathways that will carry it later. */
function remember({ kernels, state }: Boundary, ticks: number): void {
  if (ticks < 1) return;
  const past = [retainSignals(kernels, state), ...state.past];
  for (const signals of past.splice(ticks)) disposeSignals(kernels, signals);
  state.past = past;
}

/** Puts results in the state, and the errors of modules that are perturbed. */
function publish({ kernels, rule, state }: Boundary, spec: TickSpec, results: readonly Iterated[]): void {
  for (const { module, state: h, drive } of results) {
    const z = state.held.get(module.name);
    if (z && spec.error === "error") {
      const inference = { state: z, drive: state.heldDrives.get(module.name) ?? drive };
      put(
        kernels,
        state.errors,
        module.name,
        rule.error(kernels, module.activation, inference, { state: h, drive }),
      );
    }
  }
  for (const { module, state: h, drive, propagated } of results) {
    put(kernels, state.states, module.name, h);
    put(kernels, state.drives, module.name, drive);
    if (!propagated) continue;
    put(kernels, state.spoken, module.name, propagated.spoken);
    put(kernels, state.sums, module.name, propagated.sum);
  }
}

/**
 * The tick boundary: works off the queue, lets the operators contribute to the tick (read), submits their plan once
 * (step), and puts the results in the state (publish) before anyone hears of them.
 *
 * Emits one tick for each specification, synchronously; completes and errs with its source, and errs with what a
 * queued event or the plan fails with.
 */
export const tickBoundary =
  (boundary: Boundary): OperatorFunction<TickSpec, Tick> =>
  (specs) => {
    const { network, state, queue } = boundary;
    const remembered = longestDelay(network) - 1;
    const apply = (event: QueuedEvent) => boundary.apply(event);
    return new Observable((subscriber) => {
      const plans = new TickPlans(boundary);
      subscriber.add(() => plans.close());
      return specs.subscribe({
        next(spec) {
          try {
            queue.drain(apply);
            const plan = plans.next(spec);
            subscriber.next(tickOf(spec, state, plan));
            plan.submit((results) => {
              remember(boundary, remembered);
              publish(boundary, spec, results);
              state.tick += 1;
              if (state.injections.size > 0) endInjections(state);
            });
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
  };
