import { randomUUID } from "node:crypto";
import { EddyError } from "../errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { ContinuousNetwork } from "../streams/continuous.js";
import type { NetworkState } from "../streams/network-state.js";
import type { Checkpoint } from "./checkpoint.js";
import type { AppliedIntervention, Intervention, Origin } from "./command.js";
import { perform } from "./interventions/perform.js";
import type { Place } from "./interventions/place.js";
import { refuse } from "./interventions/ranges.js";
import type { Part, SimulationEvent } from "./part.js";
import type { Run } from "./run-description.js";
import type { SimulationLoad } from "./simulation.js";
import { type StateSnapshot, takeSnapshot } from "./state-snapshot.js";

/** What an engine is made of. */
export interface EngineOptions {
  readonly kernels: Kernels;
  readonly run: Run;
  /** Builds the network of the run, to go on from a state, or from the beginning when there is none. */
  open(state: NetworkState | null): ContinuousNetwork;
}

/**
 * A running network and the parts that take part in it: makes ticks, applies interventions between them one after the
 * other, and tells the parts. It knows nothing of clocks: whoever calls `tick` asks `hold` before.
 */
export class Engine implements Place {
  readonly kernels: Kernels;
  readonly run: Run;
  /** changes with a reset and a restore */
  epoch: string = randomUUID();
  readonly #open: EngineOptions["open"];
  readonly #parts: Part[] = [];
  #net: ContinuousNetwork;
  #interventions = 0;
  /** interventions and snapshots that are under way or wait for their turn */
  #busy = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #withinTick = false;
  /** of a part that saw an event */
  #failure: { readonly error: unknown } | null = null;
  #ticks = 0;
  #tickMs = 0;
  #watchingMs = 0;

  constructor({ kernels, run, open }: EngineOptions) {
    this.kernels = kernels;
    this.run = run;
    this.#open = open;
    this.#net = open(null);
    this.#listen();
  }

  /** The network now; a reset and a restore put another in its place. */
  get net(): ContinuousNetwork {
    return this.#net;
  }

  /** Cost of ticks so far, and of the parts that saw them. */
  get load(): Pick<SimulationLoad, "ticks" | "tickSeconds" | "watchingSeconds"> {
    return {
      ticks: this.#ticks,
      tickSeconds: this.#tickMs / 1000,
      watchingSeconds: this.#watchingMs / 1000,
    };
  }

  /** Has a part take part from now on. */
  attach(part: Part): void {
    this.#parts.push(part);
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** Makes one tick. @throws what the network, a door or a part failed with */
  tick(): void {
    const startMs = performance.now();
    this.#withinTick = true;
    try {
      this.#net.tick();
    } finally {
      this.#withinTick = false;
    }
    if (this.#failure) throw this.#failure.error;
    const madeMs = performance.now();
    for (const part of this.#parts) part.ticked?.();
    const endMs = performance.now();
    this.#ticks += 1;
    this.#tickMs += endMs - startMs;
    this.#watchingMs += endMs - madeMs;
  }

  /** What has to be awaited before the next tick, if anything. */
  hold(): Promise<unknown> | null {
    const waits = this.#busy > 0 ? [this.#tail] : [];
    const door = this.#net.hold();
    if (door) waits.push(door);
    for (const part of this.#parts) {
      const wait = part.hold?.();
      if (wait) waits.push(wait);
    }
    return waits.length > 0 ? Promise.all(waits) : null;
  }

  /** Tells all parts of something. */
  tell(event: SimulationEvent): void {
    for (const part of this.#parts) part.told?.(event);
  }

  async checkpoint(name: string): Promise<Checkpoint> {
    for (const part of this.#parts) {
      const kept = part.checkpoint?.(name);
      if (kept) return kept;
    }
    throw refuse("checkpoint", name, "none: this simulation was not opened to keep checkpoints");
  }

  /**
   * Applies an intervention at the next boundary: now between two ticks, after this one in the middle of one, and after
   * those that were asked for before. The clock waits for it; its reply also for what parts make of it.
   * @throws EddyError INVALID_ARGUMENT, as a rejection; nothing was changed then
   */
  async intervene(command: Intervention, by: Origin): Promise<AppliedIntervention> {
    const { applied, kept } = await this.#inTurn(async () => {
      // what the network told itself comes before what others want of it
      this.#net.drain();
      const { tick } = this.#net.state;
      await perform(this, command);
      const intervention: AppliedIntervention = { seq: this.#interventions, tick, command, by };
      this.#interventions += 1;
      return { applied: intervention, kept: this.#parts.map((part) => part.applied?.(intervention)) };
    });
    await Promise.all(kept);
    return applied;
  }

  /** The state between two ticks, away from its backend; the clock waits while it is read. */
  snapshot(): Promise<StateSnapshot> {
    return this.#inTurn(() => {
      this.#net.drain();
      return takeSnapshot(this.kernels, this.#net.state, true);
    });
  }

  /**
   * Goes on from another state, in a new epoch. Only within an intervention.
   * @param state owned by the engine from now on
   * @param why for those who are told
   */
  replace(state: NetworkState, why: string): void {
    this.#net.close();
    this.#net = this.#open(state);
    this.#listen();
    this.epoch = randomUUID();
    this.tell({ kind: "epoch", tick: state.tick, epoch: this.epoch, why });
  }

  /** Runs work at a boundary, after whatever waits for one already. */
  #inTurn<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    this.#busy += 1;
    const done = this.#tail.then(work).finally(() => {
      this.#busy -= 1;
    });
    this.#tail = done.catch(() => {});
    return done;
  }

  #listen(): void {
    this.#net.events.subscribe({
      next: (event) => {
        const startMs = performance.now();
        try {
          for (const part of this.#parts) part.see?.(event);
        } catch (error) {
          // thrown here it would end the process
          this.#failure ??= { error };
        }
        if (this.#withinTick) this.#watchingMs += performance.now() - startMs;
      },
      // tick() throws it
      error: () => {},
    });
  }

  /** Ends parts, one after the other in the order in which they came, and then the network. */
  async close(): Promise<void> {
    await this.#tail;
    for (const part of this.#parts) await part.close?.();
    this.#net.close();
  }
}

/** @throws EddyError SIMULATION_ENDED */
export const hasEnded = (): EddyError => new EddyError("SIMULATION_ENDED", "the simulation has ended");
