import { Observable, type OperatorFunction } from "rxjs";
import type { DriveTerm } from "../kernels/kernels.js";
import { byId, type Module } from "../model/network.js";
import type { StateEvent } from "./events.js";
import { joinByTick } from "./join-by-tick.js";
import type { ModuleTerms } from "./module-drive.js";
import type { Carried } from "./pathway.js";

/** Floating-point sums depend on their order: it is that of the names, never that of the description. */
const inOrder = (answers: readonly Carried[]): readonly number[] =>
  [...answers.keys()].sort((a, b) => byId(answers[a].pathway, answers[b].pathway));

/** What the pathways carry, of which nothing is left out but those that carry nothing. */
function termsOf(answers: readonly Carried[], order: readonly number[]): ModuleTerms {
  const inputs: DriveTerm[] = [];
  const others: DriveTerm[] = [];
  for (const i of order) {
    const { term, pathway } = answers[i];
    if (term) (pathway.source.kind === "input" ? inputs : others).push(term);
  }
  return { inputs, others };
}

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
    new Observable((subscriber) => {
      let order: readonly number[] | null = null;
      return joinByTick(ticks, pathways).subscribe({
        next({ tick: { modules, tick, phase, plan }, answers }) {
          if (!modules.has(spec.name)) return;
          // the same pathways answer on every tick
          order ??= inOrder(answers);
          plan.iterate(spec, termsOf(answers, order), ({ state, drive, report }) => {
            subscriber.next({ kind: "state", tick, phase, module: spec.name, state, drive, report });
          });
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
