interface Reading {
  readonly tick: number;
  readonly atMs: number;
}

const READINGS_MAX = 3;

/** Ticks a second, from the ticks that the last heartbeats named. */
export class TickRate {
  #readings: Reading[] = [];

  /** Takes a heartbeat's tick, or starts anew where ticks run backwards. */
  add(tick: number, atMs: number): void {
    const last = this.#readings.at(-1);
    if (last && tick < last.tick) this.#readings = [];
    this.#readings = [...this.#readings.slice(1 - READINGS_MAX), { tick, atMs }];
  }

  clear(): void {
    this.#readings = [];
  }

  /** Undefined until two heartbeats have come. */
  get ticksPerSecond(): number | undefined {
    const first = this.#readings[0];
    const last = this.#readings.at(-1);
    if (!first || !last || last.atMs === first.atMs) return undefined;
    return ((last.tick - first.tick) / (last.atMs - first.atMs)) * 1000;
  }
}
