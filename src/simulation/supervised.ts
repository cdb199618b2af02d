import { Subject, type Subscription } from "rxjs";
import { EddyError } from "../errors.js";
import type { Applied, Command } from "./command.js";
import { hasEnded } from "./engine.js";
import { type Relay, relay } from "./relay.js";
import type { Frame, Simulation, SimulationStatus, Watch } from "./simulation.js";

/** Opens a simulation again, paused, after its device was lost. */
export type Reopen = (reason: string, before: SimulationStatus) => Promise<Simulation>;

const isLostDevice = (error: unknown): error is EddyError =>
  error instanceof EddyError && error.code === "DEVICE_LOST";

/** A simulation that another takes the place of when its device is lost; those who watch it go on watching. */
class Supervised implements Simulation {
  readonly #reopen: Reopen;
  readonly #frames = new Subject<Frame>();
  readonly frames = this.#frames.asObservable();
  readonly #watches = new Map<number, Watch>();
  #handles = 0;
  #now: Simulation;
  #relay: Relay;
  #subscription: Subscription;
  /** a recovery that is under way, or the last one; it never rejects */
  #recovery: Promise<void> = Promise.resolve();
  /** why it is under way */
  #recoveringFrom: string | null = null;
  #over = false;

  constructor(first: Simulation, reopen: Reopen) {
    this.#reopen = reopen;
    this.#now = first;
    this.#relay = relay(first);
    this.#subscription = this.#listen();
  }

  get info() {
    return this.#now.info;
  }

  get choice() {
    return this.#now.choice;
  }

  get topics() {
    return this.#now.topics;
  }

  status() {
    const status = this.#now.status();
    return this.#recoveringFrom === null ? status : { ...status, degraded: this.#recoveringFrom };
  }

  async watch(watch: Watch): Promise<number> {
    this.#handles += 1;
    const handle = this.#handles;
    await this.#onNow(() => this.#relay.watch(handle, watch));
    this.#watches.set(handle, watch);
    return handle;
  }

  unwatch(handle: number): void {
    this.#watches.delete(handle);
    this.#relay.unwatch(handle);
  }

  async command(command: Command, branch?: string): Promise<Applied> {
    await this.#recovery;
    return this.#now.command(command, branch);
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#recovery;
    await this.#now.close();
  }

  /** Asks the simulation as it is now, and the one that takes its place if its device is lost meanwhile. */
  async #onNow<Result>(ask: () => Promise<Result>): Promise<Result> {
    await this.#recovery;
    const asked = this.#now;
    try {
      return await ask();
    } catch (error) {
      await this.#recovery;
      if (!isLostDevice(error) || this.#now === asked) throw error;
      return ask();
    }
  }

  #listen(): Subscription {
    return this.#relay.frames.subscribe({
      next: (frame) => this.#frames.next(frame),
      complete: () => this.#frames.complete(),
      error: (error) => {
        if (!isLostDevice(error) || this.#over) {
          this.#frames.error(error);
          return;
        }
        this.#recoveringFrom = error.message;
        this.#recovery = this.#recover(error.message).catch((failure) => {
          if (this.#over) this.#frames.complete();
          else this.#frames.error(failure);
        });
      },
    });
  }

  async #recover(reason: string): Promise<void> {
    const lost = this.#now;
    const before = lost.status();
    // its thread first: what it keeps on disk is then another's to go on with
    await lost.close();
    if (this.#over) throw hasEnded();
    const next = await this.#reopen(reason, before);
    this.#subscription.unsubscribe();
    this.#now = next;
    this.#relay = relay(next);
    this.#subscription = this.#listen();
    for (const [handle, watch] of this.#watches) {
      await this.#relay.watch(handle, watch);
      // it may have been ended meanwhile
      if (!this.#watches.has(handle)) this.#relay.unwatch(handle);
    }
    this.#recoveringFrom = null;
    if (!before.paused) await next.command({ kind: "resume" });
  }
}

/**
 * Keeps a simulation going when its device is lost: another is opened, the watches go on under their old handles, and
 * its status and an event of the other say so. What was asked of it meanwhile waits.
 */
export const supervised = (first: Simulation, reopen: Reopen): Simulation => new Supervised(first, reopen);
