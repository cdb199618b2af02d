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
import { knownWeights } from "./known-weights.js";
import { describeProgress, type LiveProgress, progressOf, recallPart } from "./live-progress.js";
import type { Part, PublishedRecord, SimulationEvent } from "./part.js";
import { describeRun, type Run } from "./run-description.js";
import type { SimulationLoad } from "./simulation.js";
import { restoreState, type StateSnapshot, takeSnapshot } from "./state-snapshot.js";

/** Of so many ticks one is timed event by event: in a small network asking for the time takes longer than watching. */
const timedOneOf = 8;
/** Evenly spread over all phases of any period, as multiples of the golden section are. */
const isTimed = (tick: number): boolean => (tick * 0.6180339887498949) % 1 < 1 / timedOneOf;

/** What an engine is made of. */
export interface EngineOptions {
  readonly kernels: Kernels;
  readonly run: Run;
  /** Builds the network of the run, to go on from a state, or from the beginning when there is none. */
  open(state: NetworkState | null): ContinuousNetwork;
  /** of this run, to go on from */
  readonly from?: Checkpoint | null;
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
  readonly #weights: ReturnType<typeof knownWeights>;
  /** of the checkpoint that it went on from */
  readonly #from: LiveProgress | null;
  #net: ContinuousNetwork;
  #interventions = 0;
  /** interventions and snapshots that are under way or wait for their turn */
  #busy = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #withinTick = false;
  /** what parts take for the events of this tick counts for those of several */
  #isTimed = false;
  /** a tick that failed may have left anything */
  #broken = false;
  /** of a part that saw an event */
  #failure: { readonly error: unknown } | null = null;
  #ticks = 0;
  #tickMs = 0;
  #watchingMs = 0;
  #lateTicks = 0;

  constructor({ kernels, run, open, from = null }: EngineOptions) {
    this.kernels = kernels;
    this.#weights = knownWeights(kernels);
    this.run = run;
    this.#open = open;
    this.#from = from && progressOf(from);
    this.#interventions = this.#from?.interventions ?? 0;
    this.#net = open(from && restoreState(kernels, run.network, from.snapshot));
    this.#listen();
  }

  /** The network now; a reset and a restore put another in its place. */
  get net(): ContinuousNetwork {
    return this.#net;
  }

  /** Cost of ticks so far, and of the parts that saw them. */
  get load(): Omit<SimulationLoad, "framesWaiting"> {
    return {
      lateTicks: this.#lateTicks,
      ticks: this.#ticks,
      tickSeconds: this.#tickMs / 1000,
      watchingSeconds: this.#watchingMs / 1000,
    };
  }

  /** Has a part take part from now on. */
  attach(part: Part): void {
    this.#parts.push(part);
    if (this.#from) recallPart(part, this.#from);
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** Makes one tick. @throws what the network, a door or a part failed with */
  tick(): void {
    const startMs = performance.now();
    this.#withinTick = true;
    this.#isTimed = isTimed(this.#ticks);
    try {
      this.#net.tick();
    } catch (error) {
      this.#broken = true;
      throw error;
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
    // interventions that came meanwhile take their time, too, and an output that was read asks a client for what comes next
    return waits.length > 0 ? Promise.all(waits).then(() => this.hold()) : null;
  }

  /** Counts what parts that see and read back took beside ticks, ms. */
  countWatching(ms: number): void {
    this.#watchingMs += ms;
  }

  /** Counts a tick that begins late. */
  countLate(): void {
    this.#lateTicks += 1;
  }

  /** Tells all parts of something. */
  tell(event: SimulationEvent): void {
    for (const part of this.#parts) part.told?.(event);
  }

  /** Sends a record on a topic of a part's own to whoever watches it. */
  publish(record: PublishedRecord): void {
    for (const part of this.#parts) part.published?.(record);
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
      return {
        applied: intervention,
        kept: this.#parts.map((part) => this.#tellApplied(part, intervention)),
      };
    });
    await Promise.all(kept);
    return applied;
  }

  /** What took effect is no refusal, whatever a part makes of it: the next tick throws what it failed with. */
  #tellApplied(part: Part, intervention: AppliedIntervention): Promise<void> | void {
    try {
      return part.applied?.(intervention);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  /** The state between two ticks, away from its backend; the clock waits while it is read. */
  snapshot(): Promise<StateSnapshot> {
    return this.#inTurn(() => {
      this.#net.drain();
      return this.#read();
    });
  }

  /**
   * All that a simulation needs to go on as if it had never stopped; the clock waits while it is read.
   * @throws EddyError SIMULATION_ENDED, as a rejection, when a tick has failed
   */
  capture(): Promise<Checkpoint> {
    return this.#inTurn(async () => {
      if (this.#broken) throw hasEnded();
      this.#net.drain();
      const progress = await describeProgress(this.#interventions, this.#parts);
      const snapshot = await this.#read();
      return { run: describeRun(this.run), progress, snapshot };
    });
  }

  /** Runs work between two ticks, after what was asked for before; the clock waits until it is done. */
  between<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return this.#inTurn(() => {
      this.#net.drain();
      return work();
    });
  }

  /**
   * Goes on from another state, in a new epoch. Only within an intervention.
   * @param state owned by the engine from now on
   * @param reason for those who are told
   * @throws what opening failed with; the network before is in its place then
   */
  replace(state: NetworkState, reason: string): void {
    const before = this.#net;
    this.#net = this.#open(state);
    before.close();
    this.#listen();
    this.epoch = randomUUID();
    this.tell({ kind: "epoch", tick: state.tick, epoch: this.epoch, reason });
  }

  #read(): Promise<StateSnapshot> {
    return takeSnapshot(this.kernels, this.#net.state, true, this.#weights);
  }

  /**
   * Runs work at a boundary, after whatever waits for one already, and after what doors answer to outputs that they are
   * reading: whether the read-back is fast or slow must not show.
   */
  #inTurn<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    this.#busy += 1;
    const doors = this.#tail.then(() => this.#net.hold());
    const done = doors
      .then(() => work())
      .finally(() => {
        this.#busy -= 1;
      });
    this.#tail = done.catch(() => {});
    return done;
  }

  #listen(): void {
    this.#net.events.subscribe({
      next: (event) => {
        const isTimed = this.#withinTick && this.#isTimed;
        const startMs = isTimed ? performance.now() : 0;
        try {
          for (const part of this.#parts) part.see?.(event);
        } catch (error) {
          // thrown here it would end the process
          this.#failure ??= { error };
        }
        if (isTimed) this.#watchingMs += timedOneOf * (performance.now() - startMs);
      },
      // tick() throws it
      error: () => {},
    });
  }

  /**
   * Ends parts, one after the other in the order in which they came, and then the network.
   * @throws what a part failed with, as a rejection; the network is freed all the same
   */
  async close(): Promise<void> {
    await this.#tail;
    try {
      for (const part of this.#parts) await part.close?.();
    } finally {
      this.#net.close();
    }
  }
}

/** @throws EddyError SIMULATION_ENDED */
export const hasEnded = (): EddyError => new EddyError("SIMULATION_ENDED", "the simulation has ended");
