/** Between a row and the one before nothing was lost, yet they do not belong together. */
export const APART = -1;

/**
 * The last `capacity` rows of `width` numbers, each at a position (a tick or a trial); older ones are forgotten, so its
 * memory never grows.
 */
export class RingBuffer {
  readonly #positions: Float64Array;
  readonly #values: Float32Array;
  /** what lies between each row and the one before */
  readonly #gaps: Float64Array;
  #start = 0;
  #length = 0;

  constructor(
    readonly capacity: number,
    readonly width: number,
  ) {
    this.#positions = new Float64Array(capacity);
    this.#values = new Float32Array(capacity * width);
    this.#gaps = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * @param row [width] numbers
   * @param gap how many rows are missing before this one, Infinity when nobody knows; or {@link APART}
   */
  push(position: number, row: ArrayLike<number>, gap = 0): void {
    if (row.length !== this.width) throw new Error(`row of ${row.length} numbers, needed ${this.width}`);
    const at = (this.#start + this.#length) % this.capacity;
    this.#positions[at] = position;
    this.#values.set(row, at * this.width);
    this.#gaps[at] = gap;
    if (this.#length < this.capacity) this.#length += 1;
    else this.#start = (this.#start + 1) % this.capacity;
  }

  /** @param index 0 is the oldest */
  position(index: number): number {
    return this.#positions[this.#at(index)]!;
  }

  value(index: number, column: number): number {
    return this.#values[this.#at(index) * this.width + column]!;
  }

  gap(index: number): number {
    return this.#gaps[this.#at(index)]!;
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  #at(index: number): number {
    if (index < 0 || index >= this.#length) throw new Error(`row ${index} of ${this.#length}`);
    return (this.#start + index) % this.capacity;
  }
}
