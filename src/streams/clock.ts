import { EMPTY, Observable, switchMap } from "rxjs";

/** How a clock runs. */
export type Pace =
  /** `ticksPerSecond` null: as fast as possible */
  | { readonly mode: "run"; readonly ticksPerSecond: number | null }
  | { readonly mode: "paused" }
  /** so many pulses as fast as possible, then paused */
  | { readonly mode: "step"; readonly ticks: number };

/** The time that a clock goes by: monotonic, in milliseconds. */
export interface Timer {
  now(): number;
  /** @returns a function that takes the call back */
  after(ms: number, work: () => void): () => void;
  /** when other work of this thread has had its turn */
  soon(work: () => void): () => void;
}

/** The machine's time. */
export const systemTimer: Timer = {
  now: () => performance.now(),
  after(ms, work) {
    const handle = setTimeout(work, ms);
    return () => clearTimeout(handle);
  },
  soon(work) {
    const handle = setImmediate(work);
    return () => clearImmediate(handle);
  },
};

/** What a clock waits for, and the time that it goes by. */
export interface ClockOptions {
  /** Asked before each pulse: what it returns has to resolve first. */
  readonly hold?: () => Promise<unknown> | null;
  /** Told of a pulse that comes more than a period after it was due, just before it. */
  readonly late?: () => void;
  readonly timer?: Timer;
}

/** Pulses in a row before other work of the thread gets its turn. */
const burstMsMax = 8;
/** A clock that falls further behind gives the lost time up: it never rushes to catch up. */
const lagMsMax = 1000;

function pulses(
  count: number,
  periodMs: number,
  { hold, late, timer = systemTimer }: ClockOptions,
): Observable<void> {
  return new Observable((subscriber) => {
    let cancel = () => {};
    let origin = timer.now();
    let made = 0;
    let released = false;
    let isLate = false;
    let burstEnd = 0;
    const turn = () => {
      burstEnd = timer.now() + burstMsMax;
      burst();
    };
    const burst = () => {
      while (made < count) {
        const now = timer.now();
        const due = origin + made * periodMs;
        if (now < due) {
          cancel = timer.after(due - now, turn);
          return;
        }
        isLate ||= periodMs > 0 && now - due > periodMs;
        if (periodMs > 0 && now - due > lagMsMax) origin += now - due;
        if (now > burstEnd) {
          cancel = timer.soon(turn);
          return;
        }
        const held = released ? null : hold?.();
        if (held) {
          const release = () => {
            released = true;
            // a promise gives other work no turn, so the burst goes on, not anew
            if (!subscriber.closed) burst();
          };
          held.then(release, (error) => subscriber.error(error));
          return;
        }
        released = false;
        if (isLate) late?.();
        isLate = false;
        subscriber.next();
        made += 1;
        if (subscriber.closed) return;
      }
      subscriber.complete();
    };
    cancel = timer.soon(turn);
    return () => cancel();
  });
}

/**
 * A clock: emits a pulse for each tick to make, at the latest pace; a new pace takes the place of the one before at
 * once. Pulses are synchronous and never pile up: a slow subscriber slows the clock. Completes when the paces have
 * completed and the last of them is worked off; errs with them or with what holds it.
 */
export const clock = (pace: Observable<Pace>, options: ClockOptions = {}): Observable<void> =>
  pace.pipe(
    switchMap((current) => {
      switch (current.mode) {
        case "paused":
          return EMPTY;
        case "step":
          return pulses(current.ticks, 0, options);
        case "run":
          return pulses(
            Number.POSITIVE_INFINITY,
            current.ticksPerSecond === null ? 0 : 1000 / current.ticksPerSecond,
            options,
          );
      }
    }),
  );
