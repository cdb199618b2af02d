import type { Timer } from "../../streams/clock.js";
import { Rate, type RateOptions } from "./rate.js";
import type { View } from "./view.js";

/** A rate, and the views that go by it. */
export interface SharedRate {
  readonly rate: Rate;
  readonly views: Set<View>;
}

/** What every tick makes: who watches it at one rate sees the same ticks of it. */
const everyTick = /^(?:state|drive|residual)\//;

/** The rates of all watches. */
export class Rates {
  /** those that go by every tick, by what they are */
  readonly #shared = new Map<string, SharedRate>();
  /** all of them */
  readonly #taken = new Set<SharedRate>();
  readonly #timer: Timer;
  readonly #nextTick: (() => number) | null;
  readonly #late: (views: ReadonlySet<View>) => void;

  /**
   * @param nextTick the next to be made, for those who see what there is as a watch begins; null: they do not, and the first
   *   tick that comes gets a frame, aligned or not
   * @param late is told of views whose last tick came too early for a frame, and was followed by none
   */
  constructor(timer: Timer, nextTick: (() => number) | null, late: (views: ReadonlySet<View>) => void) {
    this.#timer = timer;
    this.#nextTick = nextTick;
    this.#late = late;
  }

  /** The rate of a watch; who takes it adds a view, and gives it back. */
  take(options: RateOptions & { readonly topic: string }): SharedRate {
    const { every, hzMax, topic } = options;
    const key = `${every} ${hzMax}`;
    const shared = everyTick.test(topic) ? this.#shared.get(key) : undefined;
    if (shared) return shared;
    const views = new Set<View>();
    const made = { rate: new Rate(options, this.#timer, () => this.#late(views)), views };
    if (this.#nextTick) made.rate.begin(this.#nextTick());
    this.#taken.add(made);
    if (everyTick.test(topic)) this.#shared.set(key, made);
    return made;
  }

  /** Whoever watches sees how a network stands now, as after a reset or a restore. */
  begin(): void {
    if (this.#nextTick) for (const { rate } of this.#taken) rate.begin(this.#nextTick());
  }

  give(shared: SharedRate, view: View): void {
    shared.views.delete(view);
    if (shared.views.size > 0) return;
    shared.rate.close();
    this.#taken.delete(shared);
    for (const [key, other] of this.#shared) if (other === shared) this.#shared.delete(key);
  }
}
