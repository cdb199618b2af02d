const HISTORY_MAX = 400;
const WINDOW_TRIALS = 100;

/** The last values of something. */
export class Series {
  readonly values: number[] = [];

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > HISTORY_MAX) this.values.shift();
  }

  clear(): void {
    this.values.length = 0;
  }
}

/** How a task does, trial by trial. */
export class TaskReading {
  /** running means of the fraction right */
  readonly means = new Series();
  trials = 0;
  trial = -1;
  phase = "";
  readonly #recent: number[] = [];

  /** @param accuracy fraction of the batch that was right; null where a target has no right answer */
  add(trial: number, accuracy: number | null): void {
    this.trial = trial;
    this.trials += 1;
    if (accuracy === null) return;
    this.#recent.push(accuracy);
    if (this.#recent.length > WINDOW_TRIALS) this.#recent.shift();
    this.means.add(this.#recent.reduce((sum, value) => sum + value, 0) / this.#recent.length);
  }
}

/** Mean of the absolute values; NaN of none. */
export function meanSize(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += Math.abs(values[index]);
  return sum / values.length;
}
