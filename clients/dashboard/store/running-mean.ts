/** The mean of the last `window` numbers; of fewer while fewer have come. */
export class RunningMean {
  readonly #last: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(readonly window: number) {
    this.#last = new Float64Array(window);
  }

  /** How many numbers it is the mean of. */
  get count(): number {
    return Math.min(this.#count, this.window);
  }

  /** NaN before the first number. */
  get mean(): number {
    return this.#sum / this.count;
  }

  push(value: number): void {
    const at = this.#count % this.window;
    this.#sum += value - this.#last[at]!;
    this.#last[at] = value;
    this.#count += 1;
    // Summed anew once a round, so that rounding errors do not pile up over days.
    if (at === this.window - 1) this.#sum = this.#last.reduce((sum, each) => sum + each, 0);
  }
}
