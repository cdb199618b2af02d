import { BufferPool, type Slot } from "./buffers.js";
import { Commands } from "./commands.js";
import type { Gpu } from "./gpu.js";
import { Readback } from "./readback.js";

/** One backend's way to the device: its buffers, what it records, and what it reads back. */
export class Queue {
  readonly buffers: BufferPool;
  readonly commands: Commands;
  readonly #readback: Readback;
  readonly #zeros = new Map<number, Slot[]>();
  /** stands for a buffer that a program does not look at in this dispatch */
  readonly nothing: Slot;
  /** the same where a program could write */
  readonly sink: Slot;

  constructor(readonly gpu: Gpu) {
    this.#readback = new Readback(gpu);
    this.commands = new Commands(gpu, () => this.#readback.submitted());
    this.buffers = new BufferPool(gpu, () => this.commands.forget());
    this.nothing = this.buffers.lend(4);
    this.sink = this.buffers.lend(4);
  }

  /** A buffer for so many numbers, of any content. @throws EddyError LIMIT_EXCEEDED */
  lend(length: number): Slot {
    return this.buffers.lend(4 * length);
  }

  /** A buffer of zeros for so many words, which has to hold zeros again when it comes back. */
  lendZeros(length: number): Slot {
    const size = 2 ** Math.ceil(Math.log2(Math.max(length, 64)));
    const free = this.#zeros.get(size)?.pop();
    if (free) return free;
    const slot = this.lend(size);
    this.commands.clear(slot);
    return slot;
  }

  /** @param slot from {@link lendZeros} */
  releaseZeros(slot: Slot): void {
    const size = slot.bytes / 4;
    const free = this.#zeros.get(size);
    if (free) free.push(slot);
    else this.#zeros.set(size, [slot]);
  }

  read(slot: Slot, length: number): Promise<Float32Array> {
    return this.#readback.read(length, (staging, bytes) => this.commands.copyOut(slot, staging, bytes));
  }

  /** All that was lent has to be back. */
  close(): void {
    this.buffers.release(this.nothing);
    this.buffers.release(this.sink);
    for (const slots of this.#zeros.values()) for (const slot of slots) this.buffers.release(slot);
    this.commands.close();
    this.buffers.clear();
    this.#readback.close();
  }
}
