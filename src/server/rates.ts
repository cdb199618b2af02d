import { isAnswer, type WireCommand } from "../wire/commands.js";
import type { ServerLimits } from "./limits.js";
import { TokenBucket } from "./token-bucket.js";

/** How fast one client may ask: commands, answers to tasks whose world it is, and everything else. */
export class Rates {
  readonly #commands: TokenBucket;
  readonly #answers: TokenBucket;
  readonly #requests: TokenBucket;
  #refusedInARow = 0;

  constructor(
    private readonly limits: ServerLimits,
    private readonly nowMs: () => number,
  ) {
    const { commandsPerSecondMax, commandsBurstMax, requestsPerSecondMax, requestsBurstMax } = limits;
    const { answersPerSecondMax } = limits;
    this.#answers = new TokenBucket(answersPerSecondMax, answersPerSecondMax, nowMs());
    this.#commands = new TokenBucket(commandsPerSecondMax, commandsBurstMax, nowMs());
    this.#requests = new TokenBucket(requestsPerSecondMax, requestsBurstMax, nowMs());
  }

  allowsCommand(command: WireCommand): boolean {
    const bucket = isAnswer(command) ? this.#answers : this.#commands;
    return this.#count(bucket.take(this.nowMs()));
  }

  allowsRequest(): boolean {
    return this.#count(this.#requests.take(this.nowMs()));
  }

  /** whether the client goes on and on although it is refused */
  get areIgnored(): boolean {
    return this.#refusedInARow >= this.limits.rateRefusalsMax;
  }

  #count(isAllowed: boolean): boolean {
    this.#refusedInARow = isAllowed ? 0 : this.#refusedInARow + 1;
    return isAllowed;
  }
}
