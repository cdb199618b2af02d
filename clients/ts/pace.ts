const SHARE_OF_LIMIT = 0.95;

/** A bucket of tokens, one for each command: what the server lets a client send, a little less. */
export class Pace {
  #tokens: number;
  #filledAtMs: number;

  /**
   * @param perSecond tokens that come in
   * @param burst tokens that it holds
   */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.#tokens = Math.max(1, burst - 1);
    this.#filledAtMs = nowMs;
  }

  /** Takes a token. @returns 0, or, where there is none, milliseconds until there is */
  take(nowMs: number): number {
    const perMs = (this.perSecond * SHARE_OF_LIMIT) / 1000;
    const most = Math.max(1, this.burst - 1);
    this.#tokens = Math.min(most, this.#tokens + (nowMs - this.#filledAtMs) * perMs);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / perMs);
    this.#tokens -= 1;
    return 0;
  }
}
