import { Observable } from "rxjs";
import type { Tick } from "./tick.js";

/** What an operator answered in a tick. */
export interface OfTick {
  readonly tick: Tick;
}

/** A tick with one answer of each input. */
export interface Joined<Answer> {
  readonly tick: Tick;
  readonly answers: readonly Answer[];
}

/**
 * Joins ticks with what other operators answered in the same tick: by tick, never by arrival, so no mixed pair can
 * show. Emits when the last of a tick has come; completes with the ticks; errs with any of them. Sources that skip a
 * tick, or answer a tick that is over, are a bug and make it err.
 */
export function joinByTick<Answer extends OfTick>(
  ticks: Observable<Tick>,
  inputs: readonly Observable<Answer>[],
): Observable<Joined<Answer>> {
  return new Observable((subscriber) => {
    let current: Tick | null = null;
    let answers: (Answer | null)[] = inputs.map(() => null);
    let missing = inputs.length;
    const begin = (tick: Tick) => {
      if (current === tick) return;
      if (current && missing > 0 && missing < inputs.length) {
        subscriber.error(
          new Error(`tick ${current.tick} ended with ${missing} of ${inputs.length} answers missing`),
        );
        return;
      }
      current = tick;
      answers = inputs.map(() => null);
      missing = inputs.length;
    };
    const check = (ticked: boolean) => {
      if (missing === 0 && ticked && current)
        subscriber.next({ tick: current, answers: answers as Answer[] });
    };
    let ticked: Tick | null = null;
    inputs.forEach((input, i) => {
      const inner = input.subscribe({
        next(answer) {
          begin(answer.tick);
          if (answers[i] === null) missing--;
          answers[i] = answer;
          check(ticked === answer.tick);
        },
        error: (error) => subscriber.error(error),
      });
      subscriber.add(inner);
    });
    subscriber.add(
      ticks.subscribe({
        next(tick) {
          begin(tick);
          ticked = tick;
          check(true);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  });
}
