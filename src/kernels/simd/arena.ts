import { EddyError } from "../../errors.js";

const pageBytes = 65_536;
/** What WebAssembly can address, less a page. */
const mostPages = 65_535;

/** Where threads find what they share (pool.h), and where allocations begin. */
export const poolOffset = 1024;
export const poolWords = { threads: 0, stop: 1, wake: 6, sleepers: 7 } as const;
const firstOffset = 16_384;

/** Before each allocation: its size class. Sixty-four bytes keep what follows on its own cache lines. */
const headerBytes = 64;
/** Kernels compute in vectors of sixteen numbers and may read and write up to the end of the last two, and read one more. */
const granuleBytes = 128;
const classesPerOctave = 4;

/** Sizes in steps of a quarter of a power of two: what is freed fits what comes next. */
function sizeClass(bytes: number): { index: number; size: number } {
  const granules = Math.max(1, Math.ceil(bytes / granuleBytes));
  if (granules <= classesPerOctave) return { index: granules - 1, size: granules * granuleBytes };
  const octave = 31 - Math.clz32(granules - 1);
  const step = 2 ** (octave - 2);
  const steps = Math.ceil(granules / step);
  return { index: octave * classesPerOctave + steps, size: steps * step * granuleBytes };
}

/** Reserves addresses for all that may ever be needed; pages are taken as they are touched. */
function sharedMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 64, maximum: mostPages, shared: true });
  } catch (cause) {
    throw new EddyError(
      "BACKEND_UNAVAILABLE",
      'backend "simd": 10 GiB of addresses cannot be reserved; raise the limit on virtual memory (ulimit -v), or take --backend reference',
      { cause },
    );
  }
}

/**
 * One shared memory for all that the kernels compute with, in WebAssembly and in native code: offsets in bytes, freed
 * blocks kept by size, so that a steady tick takes no new memory.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  #words: Uint32Array;
  #numbers: Float32Array;
  readonly #free: number[][] = [];
  /** what the operation that runs has allocated, and as negative numbers freed */
  readonly #journal: number[] = [];
  #depth = 0;
  #next = firstOffset;

  constructor() {
    this.memory = sharedMemory();
    this.#words = new Uint32Array(this.memory.buffer);
    this.#numbers = new Float32Array(this.memory.buffer);
  }

  /** The arena as words; an offset in bytes over 4 is an index. Valid until the next allocation. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** The arena as float32. Valid until the next allocation. */
  get numbers(): Float32Array {
    return this.#numbers;
  }

  /** What threads share. */
  get pool(): Int32Array {
    return new Int32Array(this.memory.buffer, poolOffset, 16);
  }

  /** Bytes taken from the system so far. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * @returns offset of at least so many bytes, a multiple of 64; what lies there is of no meaning
   * @throws EddyError OUT_OF_MEMORY
   */
  allocate(bytes: number): number {
    const { index, size } = sizeClass(bytes);
    const free = this.#free[index]?.pop();
    if (free !== undefined) {
      this.#journal.push(free);
      return free;
    }
    const offset = this.#next + headerBytes;
    // a vector that begins in an allocation may be read whole
    this.#reserve(offset + size + headerBytes);
    this.#next = offset + size;
    this.#words[(offset - headerBytes) >>> 2] = index;
    this.#journal.push(offset);
    return offset;
  }

  /** Gives an allocation back. */
  free(offset: number): void {
    const index = this.#words[(offset - headerBytes) >>> 2];
    this.#free[index] ??= [];
    this.#free[index].push(offset);
    this.#journal.push(-offset);
  }

  /** Runs an operation; if it throws, gives back what it had allocated and not freed. */
  guarded<T>(operation: () => T): T {
    if (this.#depth === 0) this.#journal.length = 0;
    const mark = this.#journal.length;
    this.#depth++;
    try {
      return operation();
    } catch (error) {
      const left = new Set<number>();
      for (const entry of this.#journal.slice(mark)) {
        if (entry > 0) left.add(entry);
        else left.delete(-entry);
      }
      for (const offset of left) this.free(offset);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  #reserve(end: number): void {
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    const pages = this.memory.buffer.byteLength / pageBytes;
    // by an eighth at least, so that growing stays rare
    const wanted = Math.min(Math.max(missing, pages >> 3), mostPages - pages);
    try {
      if (wanted < missing) throw new RangeError("beyond what can be addressed");
      this.memory.grow(wanted);
    } catch {
      throw new EddyError(
        "OUT_OF_MEMORY",
        `backend "simd": ${Math.ceil(end / 2 ** 20)} MiB are needed, at most 4095 MiB can be had; use fewer neurons or a smaller batch`,
      );
    }
    this.#words = new Uint32Array(this.memory.buffer);
    this.#numbers = new Float32Array(this.memory.buffer);
  }
}
