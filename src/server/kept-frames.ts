import type { Frame } from "../simulation/simulation.js";
import { encodeFrame } from "../wire/codec.js";

/** A frame as it goes to all subscribers of a channel: encoded once, and a tensor only if somebody wants it. */
export class KeptFrame {
  /** bytes that it holds, about */
  readonly size: number;
  #bytes: Buffer | undefined;
  #payload: Frame["payload"] | undefined;

  /** @throws EddyError INVALID_ARGUMENT when the payload is a record that cannot be encoded */
  constructor(
    private readonly channel: number,
    readonly seq: number,
    private readonly tick: number,
    payload: Frame["payload"],
    /** when it came, ms of a monotonic clock */
    readonly atMs: number,
  ) {
    this.#payload = payload;
    const isTensor = payload instanceof Float32Array || payload instanceof Uint8Array;
    this.size = isTensor ? payload.byteLength : this.bytes.length;
  }

  /** Shared, so not to be changed. */
  get bytes(): Buffer {
    if (this.#payload !== undefined) {
      const { buffer, byteOffset, length } = encodeFrame(this.channel, this.seq, this.tick, this.#payload);
      this.#bytes = Buffer.from(buffer, byteOffset, length);
      this.#payload = undefined;
    }
    return this.#bytes!;
  }
}

/** How much of a channel's past is kept. */
export interface KeptLimits {
  readonly framesMax: number;
  readonly bytesMax: () => number;
  readonly msMax: number;
}

/** The latest frames of a channel, without a gap; the very latest stays, whatever its size and age. */
export class KeptFrames {
  /** those before `#first` are gone */
  #frames: (KeptFrame | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(private readonly limits: KeptLimits) {}

  get bytes(): number {
    return this.#bytes;
  }

  get latest(): KeptFrame | undefined {
    return this.#frames.at(-1);
  }

  /** `seq` of the oldest frame that is kept; undefined when there is none */
  get oldestSeq(): number | undefined {
    return this.#frames[this.#first]?.seq;
  }

  at(seq: number): KeptFrame | undefined {
    const oldest = this.oldestSeq;
    return oldest === undefined || seq < oldest ? undefined : this.#frames[this.#first + seq - oldest];
  }

  /** Adds the frame whose `seq` is one more than that of the latest. */
  add(frame: KeptFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.size;
    this.forget(frame.atMs);
  }

  /** Lets go of what is too much, or too old. */
  forget(nowMs: number): void {
    const { framesMax, msMax } = this.limits;
    const bytesMax = this.limits.bytesMax();
    for (let count = this.#frames.length - this.#first; count > 1; count -= 1) {
      const oldest = this.#frames[this.#first]!;
      if (count <= framesMax && this.#bytes <= bytesMax && nowMs - oldest.atMs <= msMax) break;
      this.#bytes -= oldest.size;
      this.#frames[this.#first] = undefined;
      this.#first += 1;
    }
    // half of the array at once, so that a frame costs the same however many are kept
    if (this.#first > 16 && this.#first * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }
}
