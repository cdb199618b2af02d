import type { EventRecord, Frame, Run } from "eddy/client";
import type { Subscription } from "rxjs";
import { usualKinds } from "../simulation-events.js";
import type { MonitorModel } from "./model.js";
import { meanSize, Series, TaskReading } from "./series.js";

const UNITS_MAX = 64;
const FRAMES_PER_SECOND = 10;

/** What alarms tell, in words that say how they stand now. */
const alarmTexts: Readonly<Record<string, string>> = {
  alarm: "alarm raised",
  alarmOver: "alarm armed again",
};

interface ModuleReading {
  readonly states: Series;
  readonly errors: Series;
}

/** What a monitor has seen of a run: watches what is drawn, a little of each. */
export class Readings {
  readonly #tasks = new Map<string, TaskReading>();
  readonly #modules = new Map<string, ModuleReading>();
  readonly #ofRun: Subscription[] = [];
  #ofNetwork: Subscription[] = [];
  #ofStates: Subscription[] = [];
  #unit: number | null = null;
  #rate: number | null = null;
  #beat: { readonly tick: number; readonly atMs: number } | undefined;
  #cost = { framesPerSecond: 0, bytesPerSecond: 0 };
  #counted = { frames: 0, bytes: 0 };

  /** @param told is given what happens, and what goes wrong */
  constructor(
    private readonly run: Run,
    private readonly told: (text: string, isBad: boolean) => void,
  ) {
    this.#ofRun.push(
      run.epochs.subscribe(() => this.#begin()),
      run.status.subscribe(() => this.#count()),
      run.link.subscribe(() => this.#forgetRate()),
      run.problems.subscribe((problem) => told(problem.message, true)),
      run.watch("events").subscribe({
        next: ({ payload }) => this.#event(payload),
        error: (error: Error) => told(`events: ${error.message}`, true),
      }),
    );
  }

  /** Shows the trace of a unit of every module; null: the mean of |h| again. */
  show(unit: number | null): void {
    this.#unit = unit;
    this.#watchStates();
  }

  close(): void {
    for (const watch of [...this.#ofRun, ...this.#ofNetwork, ...this.#ofStates]) watch.unsubscribe();
  }

  /** What is drawn of it. */
  view(): Pick<MonitorModel, "tasks" | "modules" | "unit" | "ticksPerSecond" | "watching"> {
    const { load } = this.run.status.value;
    return {
      tasks: [...this.#tasks].map(([name, { means, trials, trial, phase }]) => ({
        name,
        accuracies: means.values,
        trials,
        trial,
        phase,
      })),
      modules: [...this.#modules].map(([name, { states, errors }]) => ({
        name,
        states: states.values,
        errors: errors.values,
      })),
      unit: this.#unit,
      ticksPerSecond: this.#rate,
      watching: {
        ...this.#cost,
        dropped: this.run.received.dropped,
        share: load.tickSeconds > 0 ? load.watchingSeconds / load.tickSeconds : null,
      },
    };
  }

  /** A network, or another life of it. What was seen of another does not go on. */
  #begin(): void {
    const { tasks, modules } = this.run.info;
    this.#forgetRate();
    const names = Object.keys(modules);
    const shown = [...this.#tasks.keys(), ...this.#modules.keys()];
    if (JSON.stringify(shown) === JSON.stringify([...tasks, ...names])) return;
    for (const watch of this.#ofNetwork.splice(0)) watch.unsubscribe();
    this.#tasks.clear();
    this.#modules.clear();
    for (const task of tasks) {
      const reading = new TaskReading();
      this.#tasks.set(task, reading);
      this.#ofNetwork.push(
        this.run.watch(`metrics/${task}`).subscribe({
          next: ({ payload }) => reading.add(payload.trial, payload.accuracy),
          error: (error: Error) => this.told(`metrics/${task}: ${error.message}`, true),
        }),
      );
    }
    for (const name of names) this.#modules.set(name, { states: new Series(), errors: new Series() });
    for (const [name, { errors }] of this.#modules) {
      this.#ofNetwork.push(
        this.#watchTensor(`error/${name}`, name, ({ payload }) => errors.add(meanSize(payload))),
      );
    }
    this.#watchStates();
  }

  #watchStates(): void {
    for (const watch of this.#ofStates.splice(0)) watch.unsubscribe();
    const unit = this.#unit;
    for (const [name, { states }] of this.#modules) {
      states.clear();
      if (unit !== null && unit >= this.run.info.modules[name].neurons) continue;
      this.#ofStates.push(
        this.#watchTensor(`state/${name}`, name, ({ payload }) =>
          states.add(unit === null ? meanSize(payload) : payload[0]),
        ),
      );
    }
  }

  #watchTensor(
    topic: `${"state" | "error"}/${string}`,
    module: string,
    see: (frame: Frame<Float32Array>) => void,
  ) {
    const { neurons } = this.run.info.modules[module];
    const unit = topic.startsWith("state/") ? this.#unit : null;
    const units =
      unit === null
        ? { start: 0, end: neurons, every: Math.ceil(neurons / UNITS_MAX) }
        : { start: unit, end: unit + 1, every: 1 };
    return this.run.watch(topic, { hzMax: FRAMES_PER_SECOND, units, delivery: "conflated" }).subscribe({
      next: see,
      error: (error: Error) => this.told(`${topic}: ${error.message}`, true),
    });
  }

  #event(event: EventRecord): void {
    const { kind, tick, ...fields } = event;
    if (kind === "phase") {
      const reading = this.#tasks.get(String(fields.task));
      if (reading) reading.phase = String(fields.phase);
      return;
    }
    if (usualKinds.has(kind)) return;
    const rest = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
    this.told(`tick ${tick}: ${[alarmTexts[kind] ?? kind, ...rest].join(", ")}`, false);
  }

  #forgetRate(): void {
    this.#beat = undefined;
    this.#rate = null;
  }

  /** The status has come: how fast ticks and frames have been since the last one. */
  #count(): void {
    const { tick } = this.run.status.value;
    const { frames, bytes } = this.run.received;
    const atMs = performance.now();
    const before = this.#beat;
    if (before && tick >= before.tick && atMs > before.atMs) {
      const seconds = (atMs - before.atMs) / 1000;
      this.#rate = (tick - before.tick) / seconds;
      this.#cost = {
        framesPerSecond: (frames - this.#counted.frames) / seconds,
        bytesPerSecond: (bytes - this.#counted.bytes) / seconds,
      };
    }
    this.#beat = { tick, atMs };
    this.#counted = { frames, bytes };
  }
}
