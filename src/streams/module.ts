import { Observable, type OperatorFunction } from "rxjs";
import type { DriveTerm } from "../kernels/kernels.js";
import { byId, type Module } from "../model/network.js";
import type { StateEvent } from "./events.js";
import { joinByTick } from "./join-by-tick.js";
import type { Carried } from "./pathway.js";

/** Floating-point sums depend on their order: it is that of the names, never that of the description. */
const inOrder = (answers: readonly Carried[]): readonly Carried[] =>
  answers.length < 2 ? answers : [...answers].sort((a, b) => byId(a.pathway, b.pathway));

/**
 * A recurrent module: on every tick that asks it to, makes its iterations `h <- f(h W + b + drive)` from the state that
 * was published before, driven by what its pathways carry in that tick.
 *
 * Emits its new state once the boundary has submitted the tick; nothing when the tick does not ask it. Completes with
 * the ticks, errs with them or a pathway. It cannot fall behind: ticks are synchronous.
 * @param spec the module
 * @param pathways what ends in it, each emitting once a tick
 * @see Liu et al. 2026, eq. S1
 */
export const rnnModule =
  (spec: Module, pathways: readonly Observable<Carried>[]): OperatorFunction<Carried["tick"], StateEvent> =>
  (ticks) =>
    new Observable((subscriber) =>
      joinByTick(ticks, pathways).subscribe({
        next({ tick, answers }) {
          if (!tick.modules.has(spec.name)) return;
          const terms = inOrder(answers)
            .map(({ term }) => term)
            .filter((term): term is DriveTerm => term !== null);
          tick.plan.iterate(spec, terms, ({ state, drive }) => {
            subscriber.next({
              kind: "state",
              tick: tick.tick,
              phase: tick.phase,
              module: spec.name,
              state,
              drive,
            });
          });
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
