import type { Observable } from "rxjs";
import type { Task } from "../../model/network.js";
import { systemTimer, type Timer } from "../../streams/clock.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { AppliedIntervention, Intervention } from "../command.js";
import type { Engine } from "../engine.js";
import type { Part, PublishedRecord, SimulationEvent } from "../part.js";
import type { Frame, SimulationStatus, Watch } from "../simulation.js";
import { boundedEvent, eventRecord, interventionRecord } from "./event-records.js";
import { FrameQueue } from "./frame-queue.js";
import type { LaneKeeper } from "./lane-keeper.js";
import { Listeners } from "./listeners.js";
import { metricsRecord } from "./metrics-record.js";
import { Rates } from "./rates.js";
import { eachSeen, topicParts } from "./seen.js";
import type { View } from "./view.js";
import { viewOf } from "./view-of.js";

interface Active {
  readonly view: View;
  /** Takes back what it asked the timer for, and frees what it keeps. */
  readonly stop: () => void;
}

/** How watches are made. */
export interface WatchesOptions {
  /** remembers what lanes show; without it nobody may watch them */
  readonly keeper?: LaneKeeper;
  /** frames begin with what there is when a watch begins; default true */
  readonly present?: boolean;
  readonly timer?: Timer;
}

/** Frames of lanes a second, for those who do not say. */
const lanesHz = 10;

/** Interventions that change states or weights without a tick. */
const changesNumbers: ReadonlySet<Intervention["kind"]> = new Set(["reset", "restore", "lesion", "quiet"]);

/** What makes a payload once, however many ask for it. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * The watches of a running network: turns what happens into frames, reading back only what somebody watches. It begins
 * without one; its frames end with `complete` or `fail`.
 */
export class Watches implements Part {
  readonly #engine: Engine;
  readonly #keeper: LaneKeeper | undefined;
  readonly #presents: boolean;
  readonly #timer: Timer;
  readonly #active = new Map<number, Active>();
  readonly #listeners = new Listeners();
  /** by readout */
  readonly #tasks: ReadonlyMap<string, Task>;
  readonly #queue: FrameQueue;
  readonly #rates: Rates;
  #handles = 0;

  constructor(engine: Engine, { keeper, present = true, timer = systemTimer }: WatchesOptions = {}) {
    this.#engine = engine;
    this.#keeper = keeper;
    this.#presents = present;
    this.#timer = timer;
    this.#tasks = new Map([...engine.run.network.tasks.values()].map((task) => [task.readout, task]));
    this.#queue = new FrameQueue(
      (handle) => this.#active.has(handle),
      (ms) => engine.countWatching(ms),
    );
    this.#rates = new Rates(timer, present ? () => engine.net.state.tick : null, (views) =>
      this.#guarded(() => {
        for (const view of views) view.present();
      }),
    );
  }

  get frames(): Observable<Frame> {
    return this.#queue.frames;
  }

  /** Begins a watch that was checked. @returns its handle */
  add(watch: Watch): number {
    this.#handles += 1;
    this.#active.set(this.#handles, this.#begin(this.#handles, watch));
    this.#tellWatched(watch.topic);
    return this.#handles;
  }

  remove(handle: number): void {
    const entry = this.#active.get(handle);
    if (!entry) return;
    this.#active.delete(handle);
    entry.stop();
    this.#listeners.delete(entry.view);
    this.#tellWatched(entry.view.listensTo);
  }

  #begin(handle: number, watch: Watch): Active {
    const hzMax = watch.hzMax ?? (watch.topic === "lanes" ? lanesHz : undefined);
    const shared = this.#rates.take({ ...watch, hzMax });
    let hasSent = !this.#presents;
    const send = (tick: number, payload: Promise<Frame["payload"] | null>) => {
      hasSent = true;
      this.#queue.send(handle, tick, payload);
    };
    const view = viewOf({ engine: this.#engine, watch, rate: shared.rate, send }, this.#keeper);
    shared.views.add(view);
    this.#listeners.add(view);
    // whoever asked has to know the handle first
    const cancel = this.#timer.soon(() => {
      if (!hasSent) this.#guarded(() => view.present());
    });
    return {
      view,
      stop: () => {
        cancel();
        this.#rates.give(shared, view);
        view.forget?.();
      },
    };
  }

  /** Tells the part whose topic it is how many watch it. */
  #tellWatched(topic: string): void {
    const part = this.#engine.parts.find(({ topics }) => topics?.some((own) => own.topic === topic));
    part?.watched?.(topic, this.#listeners.count(topic));
  }

  /** For work beside ticks, which nobody waits for. */
  #guarded(work: () => void): void {
    const startMs = performance.now();
    try {
      work();
    } catch (error) {
      this.#queue.fail(error);
    }
    this.#engine.countWatching(performance.now() - startMs);
  }

  #tell(
    [what, name]: readonly [what: string, name: string],
    tick: number,
    make: () => Promise<Frame["payload"] | null>,
  ): void {
    const views = this.#listeners.of(what, name);
    if (!views) return;
    const payload = once(make);
    for (const view of views) view.record?.(tick, payload);
  }

  #tellEvent(tick: number, record: () => Readonly<Record<string, unknown>>): void {
    this.#tell(["events", ""], tick, async () => record());
  }

  see(event: NetworkEvent): void {
    if (this.#active.size === 0) return;
    const { tick } = event;
    eachSeen(event, (what, name, value) => {
      for (const view of this.#listeners.of(what, name) ?? []) view.see?.({ tick, value });
    });
    if (event.kind === "state" || event.kind === "error") return;
    const record = eventRecord(event);
    if (record) this.#tellEvent(tick, () => record);
    const task = event.kind === "output" ? this.#tasks.get(event.readout) : undefined;
    if (event.kind !== "output" || !task) return;
    const { kernels, net } = this.#engine;
    this.#tell(["metrics", task.name], tick, () =>
      metricsRecord(kernels, net.network, task, net.state, event),
    );
  }

  told(event: SimulationEvent): void {
    if (event.kind === "epoch") {
      for (const { view } of this.#active.values()) view.forget?.();
      this.#rates.begin();
    }
    this.#tellEvent(event.tick, () => boundedEvent(event));
  }

  applied(intervention: AppliedIntervention): void {
    this.#tellEvent(intervention.tick, () => interventionRecord(intervention));
    if (this.#presents && changesNumbers.has(intervention.command.kind)) {
      for (const { view } of this.#active.values()) if (view.see) view.present();
    }
    this.#moved();
  }

  published({ topic, tick, payload }: PublishedRecord): void {
    this.#tell(topicParts(topic), tick, async () => payload);
  }

  ticked(): void {
    this.#moved();
  }

  #moved(): void {
    for (const view of this.#listeners.of("lanes", "") ?? []) view.moved?.(this.#engine.net.state.tick);
  }

  hold(): Promise<unknown> | null {
    return this.#queue.hold();
  }

  status(): Partial<SimulationStatus> {
    return { load: { ...this.#engine.load, framesWaiting: this.#queue.pending } };
  }

  /** What was asked for still leaves, and what parts tell when they end. */
  async close(): Promise<void> {
    for (const { stop } of this.#active.values()) stop();
    await this.#queue.settled();
  }

  complete(): void {
    this.#queue.complete();
  }

  fail(error: unknown): void {
    this.#queue.fail(error);
  }
}
