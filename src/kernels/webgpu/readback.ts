import { invariant } from "../../errors.js";
import type { Gpu } from "./gpu.js";

/** WebGPU's own numbers: MAP_READ and COPY_DST, and the mode of a mapping. */
const usage = 0x1 | 0x8;
const mapRead = 0x1;

/** A copy of a result that will be mapped once the recorded work is submitted. */
interface Waiting {
  readonly staging: GPUBuffer;
  readonly length: number;
  resolve(data: Float32Array): void;
  reject(error: unknown): void;
}

/**
 * Brings results back. Each read has a staging buffer of its own, which waits for the device beside the ticks that
 * follow; buffers are used again, by size.
 */
export class Readback {
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #gpu: Gpu;
  #waiting: Waiting[] = [];
  #closed = false;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Records a read. @param copy copies so many bytes into the staging buffer when the recorded work runs
   * @throws EddyError DEVICE_LOST
   */
  read(length: number, copy: (staging: GPUBuffer, bytes: number) => void): Promise<Float32Array> {
    if (length === 0) return Promise.resolve(new Float32Array(0));
    const bytes = length * Float32Array.BYTES_PER_ELEMENT;
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
    const staging = this.#free.get(size)?.pop() ?? this.#gpu.device.createBuffer({ size, usage });
    copy(staging, bytes);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ staging, length, resolve, reject });
    });
  }

  /** To be called when all that was recorded is submitted. */
  submitted(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const one of waiting) void this.#finish(one);
  }

  /** Reads that are under way still end; their buffers go then. */
  close(): void {
    invariant(this.#waiting.length === 0, "a backend was closed before its recorded work was submitted");
    this.#closed = true;
    for (const buffers of this.#free.values()) for (const buffer of buffers) buffer.destroy();
    this.#free.clear();
  }

  async #finish({ staging, length, resolve, reject }: Waiting): Promise<void> {
    try {
      const bytes = length * Float32Array.BYTES_PER_ELEMENT;
      await staging.mapAsync(mapRead, 0, bytes);
      const data = new Float32Array(staging.getMappedRange(0, bytes).slice(0));
      staging.unmap();
      this.#keep(staging);
      resolve(data);
    } catch (error) {
      reject(await this.#gpu.whyBroken(error));
    }
  }

  #keep(staging: GPUBuffer): void {
    if (this.#closed) {
      staging.destroy();
      return;
    }
    const free = this.#free.get(staging.size);
    if (free) free.push(staging);
    else this.#free.set(staging.size, [staging]);
  }
}
