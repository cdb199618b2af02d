import type { Timer } from "../../streams/clock.js";

/** How often a watch wants a frame. */
export interface RateOptions {
  /** every n-th tick */
  readonly every: number;
  /** at most so many frames a second; absent: no limit */
  readonly hzMax?: number;
}

/** What a tick is to a watch: none of its ticks, one that comes too early for a frame, or one that gets a frame. */
export type Turn = "skip" | "early" | "now";

/**
 * Says which ticks get a frame, by their number and by a monotonic clock. Ticks are aligned: every fourth are 0, 4, 8, so
 * that what is watched alike is seen at the same ticks, however late a watch joins. After a tick that came too early,
 * and that no frame has followed in time, `late` is called, so that whoever watches a simulation that paused sees how
 * it stands.
 */
export class Rate {
  readonly #every: number;
  readonly #periodMs: number;
  readonly #timer: Timer;
  readonly #late: () => void;
  #tick = Number.NaN;
  #turn: Turn = "skip";
  #aligned = Number.NEGATIVE_INFINITY;
  #dueMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;

  constructor({ every, hzMax }: RateOptions, timer: Timer, late: () => void) {
    this.#every = every;
    this.#periodMs = hzMax === undefined ? 0 : 1000 / hzMax;
    this.#timer = timer;
    this.#late = late;
  }

  /** Whoever watches has seen how it stood before this tick, the next to be made: only an aligned one may follow. */
  begin(tick: number): void {
    this.#tick = Number.NaN;
    this.#aligned = this.#before(tick - 1);
  }

  #before(tick: number): number {
    return Math.floor(tick / this.#every) * this.#every;
  }

  /** What this tick is; the same answer however often it is asked of one tick. */
  turn(tick: number): Turn {
    if (tick === this.#tick) return this.#turn;
    // another epoch may have begun at a tick of before
    if (tick < this.#tick) this.#aligned = Number.NEGATIVE_INFINITY;
    this.#tick = tick;
    this.#turn = this.#next(tick);
    return this.#turn;
  }

  #next(tick: number): Turn {
    if (tick - this.#aligned < this.#every) return "skip";
    this.#aligned = this.#before(tick);
    return this.allows() ? "now" : "early";
  }

  /** Whether a frame may go now, whatever the tick; it counts as one that did. */
  allows(): boolean {
    if (this.#periodMs === 0) return true;
    const now = this.#timer.now();
    if (now < this.#dueMs) {
      this.#cancel ??= this.#timer.after(this.#dueMs - now + this.#periodMs, () => {
        this.#cancel = null;
        this.#dueMs = this.#timer.now() + this.#periodMs;
        this.#late();
      });
      return false;
    }
    // on a grid, so that frames which wait for a tick are no fewer for it
    this.#dueMs = now - this.#dueMs < this.#periodMs ? this.#dueMs + this.#periodMs : now + this.#periodMs;
    this.close();
    return true;
  }

  /** Takes back what the timer was asked for. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
