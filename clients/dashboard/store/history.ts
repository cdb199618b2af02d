/**
 * A whole run in at most `capacity` rows: when it is full, every second row is forgotten, and from then on only every
 * second one of those that would have been kept is.
 */
export class History {
  readonly #rows: (readonly number[])[] = [];
  #stride = 1;
  #offered = 0;
  #latest: readonly number[] | undefined;

  constructor(readonly capacity: number) {}

  /** One row of every so many is kept. */
  get stride(): number {
    return this.#stride;
  }

  push(row: readonly number[]): void {
    const isKept = this.#offered % this.#stride === 0;
    this.#offered += 1;
    this.#latest = isKept ? undefined : row;
    if (!isKept) return;
    this.#rows.push(row);
    if (this.#rows.length < this.capacity) return;
    const kept = this.#rows.filter((_, index) => index % 2 === 0);
    this.#rows.splice(0, this.#rows.length, ...kept);
    this.#stride *= 2;
    // The last row went with every second one, yet it is the latest.
    this.#latest = row;
  }

  /** The rows that were kept, and the latest in any case. */
  rows(): readonly (readonly number[])[] {
    return this.#latest && this.#rows.at(-1) !== this.#latest ? [...this.#rows, this.#latest] : this.#rows;
  }
}
