import { type Observable, Subject } from "rxjs";
import type { Frame } from "../simulation.js";

/** Frames that may wait to be read back before the clock has to wait for them. */
const pendingFramesMax = 512;

/** Frames on their way out: they leave in the order in which they were asked for, whichever read is done first. */
export class FrameQueue {
  readonly #frames = new Subject<Frame>();
  readonly #isWatched: (handle: number) => boolean;
  readonly #spent: (ms: number) => void;
  #pending = 0;
  #tail: Promise<void> = Promise.resolve();

  /**
   * @param isWatched frames of other watches are dropped
   * @param spent is told what handing a frame out took, ms
   */
  constructor(isWatched: (handle: number) => boolean, spent: (ms: number) => void) {
    this.#isWatched = isWatched;
    this.#spent = spent;
  }

  /** Ends with `complete`, or errs with `fail` or a payload that could not be read. */
  get frames(): Observable<Frame> {
    return this.#frames.asObservable();
  }

  get pending(): number {
    return this.#pending;
  }

  /** What the clock has to wait for. */
  hold(): Promise<void> | null {
    return this.#pending > pendingFramesMax ? this.#tail : null;
  }

  /** Resolves when all frames that were asked for have left. */
  settled(): Promise<void> {
    return this.#tail;
  }

  /** @param payload null: no frame after all */
  send(handle: number, tick: number, payload: Promise<Frame["payload"] | null>): void {
    this.#pending += 1;
    const settled = payload.catch((error) => {
      this.fail(error);
      return null;
    });
    this.#tail = this.#tail.then(async () => {
      const value = await settled;
      this.#pending -= 1;
      if (!value || !this.#isWatched(handle)) return;
      const startMs = performance.now();
      this.#frames.next({ watch: handle, tick, payload: value });
      this.#spent(performance.now() - startMs);
    });
  }

  complete(): void {
    this.#frames.complete();
  }

  fail(error: unknown): void {
    this.#frames.error(error);
  }
}
