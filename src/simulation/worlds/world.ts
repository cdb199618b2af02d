import type { Timer } from "../../streams/clock.js";
import type { TrialRequest } from "../../streams/stimulus-door.js";
import type { Engine } from "../engine.js";
import type { PublishedRecord } from "../part.js";
import type { SimulationStatus } from "../simulation.js";

/** Deadlines that a client may miss in a row before the clock no longer waits for it. */
const missesMax = 3;

/** What a task asks of the client that is its world. */
export interface WorldTask {
  readonly task: string;
  readonly topic: string;
  readonly batch: number;
  /** numbers in an input */
  readonly inputs: number;
  /** numbers in a target, and in an output */
  readonly outputs: number;
  /** the clock waits for answers */
  readonly waits: boolean;
  readonly timeoutMs: number;
}

/** Numbers as they go out: float32, little-endian; null where they are none any more. */
const bytesOf = (output: Float32Array | null): Uint8Array | null =>
  output?.every(Number.isFinite) ? new Uint8Array(output.slice().buffer) : null;

/**
 * A client as the world of a task: what the task asks of it, and whether it answers in time. Time passes for it only
 * while the clock would tick by itself; paused, and in single steps, nothing is late.
 */
export class World {
  readonly #task: WorldTask;
  readonly #timer: Timer;
  #engine: Engine | null = null;
  #state: SimulationStatus["worlds"][string] = "gone";
  /** a network is being opened: the engine still has the one before, if any */
  #isOpening = false;
  #open: TrialRequest | null = null;
  #watchers = 0;
  /** of these, those who have not seen the open request */
  #newcomers = 0;
  /** deadlines missed in a row */
  #misses = 0;
  #running = false;
  /** of the present deadline */
  #msLeft = 0;
  #runningSince = 0;
  #cancel: (() => void) | null = null;
  /** deadlines of the open request that have passed */
  #passed = 0;
  #held: { readonly promise: Promise<void>; readonly release: () => void } | null = null;

  constructor(task: WorldTask, timer: Timer) {
    this.#task = task;
    this.#timer = timer;
  }

  get state(): SimulationStatus["worlds"][string] {
    return this.#state;
  }

  /** The simulation that it belongs to is there; the task may have asked already. */
  begin(engine: Engine): void {
    this.#engine = engine;
    this.#isOpening = false;
  }

  /** A network is being opened that will ask: what another one asked is void. */
  connect(): (request: TrialRequest) => void {
    this.#isOpening = true;
    this.#open = null;
    this.#stopDeadline();
    return (request) => this.#ask(request);
  }

  /** The network that was being opened is in place. */
  restart(): void {
    this.#isOpening = false;
    if (this.#open) this.#tell();
    else if (this.#watchers > 0) this.#turn("answered");
  }

  /** The task is ready for its next stimulus. */
  #ask(request: TrialRequest): void {
    const begun = this.#engine?.net.state.tasks.get(this.#task.task)?.trial ?? -1;
    // a stimulus that had come unasked has begun this trial meanwhile
    if (!this.#isOpening && begun >= request.trial) return;
    this.#open = request;
    this.#passed = 0;
    this.#turn(this.#watchers === 0 || this.#misses >= missesMax ? "gone" : "awaited");
    this.#startDeadline();
    if (this.#watchers === 0) return;
    this.#newcomers = 0;
    this.#engine?.publish(this.#record(request));
  }

  /** What it asks, for somebody who has just come, unless it came to him already. */
  present(): PublishedRecord | null {
    if (!this.#open || this.#newcomers === 0) return null;
    this.#newcomers -= 1;
    return this.#record(this.#open);
  }

  #record({ trial, tick, output }: TrialRequest): PublishedRecord {
    const { task, topic, batch, inputs, outputs, timeoutMs } = this.#task;
    return {
      topic,
      tick,
      payload: {
        task,
        trial,
        tick,
        output: bytesOf(output),
        inputShape: [batch, inputs],
        targetShape: [batch, outputs],
        deadlineMs: timeoutMs,
      },
    };
  }

  /** An answer came, in time or late. */
  answered(): void {
    if (!this.#open) return;
    if (this.#passed === 0) this.#misses = 0;
    this.#open = null;
    this.#stopDeadline();
    this.#turn("answered");
  }

  /** A trial began, by whatever stimulus: what was asked for it is no longer wanted. */
  trialBegan(trial: number): void {
    if (this.#open && trial >= this.#open.trial) this.answered();
  }

  setWatchers(watchers: number): void {
    const more = watchers > this.#watchers;
    if (more) this.#newcomers += watchers - this.#watchers;
    this.#watchers = watchers;
    // those who have gone need not see it any more
    this.#newcomers = Math.min(this.#newcomers, watchers);
    if (watchers === 0) {
      this.#stopDeadline();
      this.#turn("gone");
    } else if (more && this.#state === "gone") {
      // whoever has just come is given a chance
      this.#misses = 0;
      this.#passed = 0;
      this.#turn(this.#open ? "awaited" : "answered");
      if (this.#open) this.#startDeadline();
    }
  }

  /** Whether the clock ticks by itself. */
  setRunning(running: boolean): void {
    if (running === this.#running) return;
    if (running) {
      this.#running = true;
      this.#startTimer();
    } else {
      this.#msLeft -= this.#timer.now() - this.#runningSince;
      this.#running = false;
      this.#stopTimer();
    }
  }

  /** What the clock waits for. */
  hold(): Promise<void> | null {
    if (!this.#task.waits || this.#state !== "awaited") return null;
    if (!this.#held) {
      let release = () => {};
      const promise = new Promise<void>((resolve) => {
        release = resolve;
      });
      this.#held = { promise, release };
    }
    return this.#held.promise;
  }

  close(): void {
    this.#stopDeadline();
    this.#release();
  }

  #turn(state: SimulationStatus["worlds"][string]): void {
    if (state !== "awaited") this.#release();
    if (state === this.#state) return;
    this.#state = state;
    if (!this.#isOpening) this.#tell();
  }

  #tell(): void {
    const { task } = this.#task;
    const net = this.#engine?.net;
    const trial = this.#open?.trial ?? net?.state.tasks.get(task)?.trial ?? -1;
    this.#engine?.tell({ kind: "world", tick: net?.state.tick ?? 0, task, state: this.#state, trial });
  }

  #release(): void {
    this.#held?.release();
    this.#held = null;
  }

  #startDeadline(): void {
    this.#stopTimer();
    this.#msLeft = this.#watchers > 0 ? this.#task.timeoutMs : Number.POSITIVE_INFINITY;
    this.#startTimer();
  }

  #stopDeadline(): void {
    this.#stopTimer();
    this.#msLeft = Number.POSITIVE_INFINITY;
  }

  #startTimer(): void {
    this.#runningSince = this.#timer.now();
    if (!this.#running || !Number.isFinite(this.#msLeft)) return;
    this.#cancel = this.#timer.after(Math.max(0, this.#msLeft), () => this.#miss());
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** A deadline has passed; the next one is as far away. */
  #miss(): void {
    this.#misses += 1;
    this.#passed += 1;
    this.#turn(this.#misses >= missesMax ? "gone" : "late");
    this.#startDeadline();
  }
}
