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
 * show. Emits when the last of a tick has come; completes with the ticks; errs with any of them. Inputs that skip a
 * tick, answer it twice or answer one that is over are a bug and make it err.
 */
export function joinByTick<Answer extends OfTick>(
  ticks: Observable<Tick>,
  inputs: readonly Observable<Answer>[],
): Observable<Joined<Answer>> {
  return new Observable((subscriber) => {
    let current: Tick | null = null;
    let ticked = false;
    let answers: (Answer | null)[] = [];
    let missing = 0;
    const fail = (message: string) => {
      subscriber.error(new Error(message));
      return false;
    };
    /** Goes on to the tick that somebody speaks of. @returns whether it may be spoken of */
    const enter = (tick: Tick): boolean => {
      if (current) {
        const over = ticked && missing === 0;
        if (tick.tick < current.tick || (over && tick === current)) return fail(`tick ${tick.tick} is over`);
        if (tick === current) return true;
        if (!over)
          return fail(`tick ${current.tick} ended with ${missing} of ${inputs.length} answers missing`);
      }
      current = tick;
      ticked = false;
      answers = inputs.map(() => null);
      missing = inputs.length;
      return true;
    };
    const emitWhole = (tick: Tick) => {
      if (ticked && missing === 0) subscriber.next({ tick, answers: answers as Answer[] });
    };
    const error = (error: unknown) => subscriber.error(error);
    inputs.forEach((input, i) => {
      const next = (answer: Answer) => {
        if (!enter(answer.tick)) return;
        if (answers[i] !== null) {
          fail(`tick ${answer.tick.tick} has a second answer of input ${i}`);
          return;
        }
        missing -= 1;
        answers[i] = answer;
        emitWhole(answer.tick);
      };
      subscriber.add(input.subscribe({ next, error }));
    });
    const next = (tick: Tick) => {
      if (!enter(tick)) return;
      ticked = true;
      emitWhole(tick);
    };
    subscriber.add(ticks.subscribe({ next, error, complete: () => subscriber.complete() }));
  });
}
