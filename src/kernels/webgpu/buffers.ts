import { EddyError } from "../../errors.js";
import type { Gpu } from "./gpu.js";

/** A buffer on the device, lent by a {@link BufferPool}. */
export interface Slot {
  readonly id: number;
  readonly buffer: GPUBuffer;
  /** at least as large as what was asked for */
  readonly bytes: number;
  /** number of the submission that uses it last, the one being recorded included; -1 before the first */
  usedIn: number;
}

/** WebGPU's own numbers: STORAGE, COPY_SRC, COPY_DST. */
const usage = 0x80 | 0x4 | 0x8;

/** Sizes are whole multiples of this many bytes, so that tensors of nearly one size share buffers. */
const grain = 256;

/** Free buffers are kept up to the most that was ever lent at once, or to this many bytes. */
const leastKept = 256 * 2 ** 20;

/**
 * Lends buffers and takes them back for the next of their size, so that a steady tick allocates none. The queue runs
 * in order, so a buffer may be lent again while the device still reads it.
 */
export class BufferPool {
  readonly #free = new Map<number, Slot[]>();
  readonly #destroyed: () => void;
  readonly #gpu: Gpu;
  #made = 0;
  #alive = 0;
  #lentBytes = 0;
  #mostLentBytes = 0;
  #freeBytes = 0;

  /** @param destroyed is called before a buffer is destroyed: no recorded work may use it afterwards */
  constructor(gpu: Gpu, destroyed: () => void) {
    this.#gpu = gpu;
    this.#destroyed = destroyed;
  }

  /** Buffers that exist now, lent or free: what a test of growth watches. */
  get alive(): number {
    return this.#alive;
  }

  /**
   * A buffer of any content.
   * @throws EddyError LIMIT_EXCEEDED
   */
  lend(bytes: number): Slot {
    const size = Math.max(grain, Math.ceil(bytes / grain) * grain);
    const free = this.#free.get(size)?.pop();
    if (free) this.#freeBytes -= size;
    const slot = free ?? this.#make(size);
    this.#lentBytes += size;
    this.#mostLentBytes = Math.max(this.#mostLentBytes, this.#lentBytes);
    return slot;
  }

  /** Takes a buffer back. */
  release(slot: Slot): void {
    this.#lentBytes -= slot.bytes;
    if (this.#freeBytes + slot.bytes > Math.max(leastKept, this.#mostLentBytes)) {
      this.#destroy(slot);
      return;
    }
    this.#freeBytes += slot.bytes;
    const free = this.#free.get(slot.bytes);
    if (free) free.push(slot);
    else this.#free.set(slot.bytes, [slot]);
  }

  /** Frees all that is not lent. */
  clear(): void {
    for (const slots of this.#free.values()) for (const slot of slots) this.#destroy(slot);
    this.#free.clear();
    this.#freeBytes = 0;
  }

  #make(bytes: number): Slot {
    if (bytes > this.#gpu.largestBuffer) {
      throw new EddyError(
        "LIMIT_EXCEEDED",
        `backend "webgpu": a buffer of ${bytes} bytes was asked for, ${this.#gpu.adapter.description} allows ` +
          `${this.#gpu.largestBuffer}; take fewer neurons or smaller batches`,
      );
    }
    this.#alive++;
    return {
      id: this.#made++,
      buffer: this.#gpu.device.createBuffer({ size: bytes, usage }),
      bytes,
      usedIn: -1,
    };
  }

  #destroy(slot: Slot): void {
    this.#destroyed();
    slot.buffer.destroy();
    this.#alive--;
  }
}
