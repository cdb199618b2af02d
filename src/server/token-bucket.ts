/** Lets `burst` requests through at once and `perSecond` in the long run. */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.#tokens = burst;
    this.#filledAtMs = nowMs;
  }

  /** @param nowMs milliseconds of a monotonic clock @returns whether one more request may pass now */
  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.perSecond;
    this.#tokens = Math.min(this.burst, this.#tokens + earned);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
