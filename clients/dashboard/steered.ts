/** A status that was made before a command may arrive this long after the command's reply. */
const STALE_MS = 300;

/**
 * A value of the simulation that the page shows and may change: between a change and the status that confirms it the page
 * shows what was asked for, and after a refusal what holds.
 */
export class Steered<Value> {
  #inFlight = 0;
  #trustAtMs = 0;
  #status: Value | undefined;

  constructor(
    private readonly show: (value: Value) => void,
    private readonly send: (value: Value) => Promise<unknown>,
  ) {}

  /** What the simulation says; undefined before it has said anything. */
  get confirmed(): Value | undefined {
    return this.#status;
  }

  /** Whether a change waits for its reply. */
  get isInFlight(): boolean {
    return this.#inFlight > 0;
  }

  /** The simulation's status has come. */
  status(value: Value): void {
    if (this.#inFlight > 0 || performance.now() < this.#trustAtMs) return;
    this.#status = value;
    this.show(value);
  }

  /** The user wants it so. */
  change(value: Value): void {
    this.#inFlight += 1;
    this.show(value);
    this.send(value).then(
      () => this.#settle(value),
      () => this.#settle(this.#status),
    );
  }

  #settle(value: Value | undefined): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0 || value === undefined) return;
    this.#status = value;
    this.#trustAtMs = performance.now() + STALE_MS;
    this.show(value);
  }
}
