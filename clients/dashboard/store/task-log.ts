import type { PhaseRecord, TrialRecord } from "../records.js";
import { History } from "./history.js";
import { RingBuffer } from "./ring-buffer.js";
import { RunningMean } from "./running-mean.js";

/** A task's clock entered a phase at a tick. */
export interface PhaseEntry {
  readonly tick: number;
  readonly phase: PhaseRecord["phase"];
  readonly trial: number;
}

const PHASES_MAX = 1024;
const TRIALS_MAX = 512;
const HISTORY_ROWS_MAX = 1024;
const SHORT_WINDOW = 50;
const LONG_WINDOW = 100;

/** What the page knows of a task: its last phases and trials, and its accuracy since the page began to look. */
export class TaskLog {
  readonly short = new RunningMean(SHORT_WINDOW);
  readonly long = new RunningMean(LONG_WINDOW);
  /** rows of trial, mean of the last 50, mean of the last 100 */
  readonly history = new History(HISTORY_ROWS_MAX);
  #phases: PhaseEntry[] = [];
  /** the first so many of them were recalled */
  #recalled = 0;
  readonly #trials = new RingBuffer(TRIALS_MAX, 1);

  constructor(readonly task: string) {}

  /** The last phases, oldest first. */
  get phases(): readonly PhaseEntry[] {
    return this.#phases;
  }

  addPhase(tick: number, { phase, trial }: PhaseRecord): void {
    this.#phases.push({ tick, phase, trial });
    // Cut by halves, so that a long list is not moved at every event.
    if (this.#phases.length < 2 * PHASES_MAX) return;
    this.#recalled = Math.max(0, this.#recalled - (this.#phases.length - PHASES_MAX));
    this.#phases = this.#phases.slice(-PHASES_MAX);
  }

  /** Puts what was before in front of what was seen since, in place of what was recalled earlier. */
  recall(past: readonly PhaseEntry[]): void {
    const seen = this.#phases.slice(this.#recalled);
    const first = seen[0]?.tick ?? Number.POSITIVE_INFINITY;
    const before = past.filter(({ tick }) => tick < first).slice(-PHASES_MAX);
    this.#recalled = before.length;
    this.#phases = [...before, ...seen];
  }

  addTrial({ trial, accuracy }: TrialRecord): void {
    this.short.push(accuracy);
    this.long.push(accuracy);
    this.#trials.push(trial, [accuracy]);
    this.history.push([trial, this.short.mean, this.long.mean]);
  }

  /** Part of a recent trial's batch that was right; undefined when it is not known (any more). */
  accuracyOf(trial: number): number | undefined {
    for (let index = this.#trials.length - 1; index >= 0; index -= 1) {
      const position = this.#trials.position(index);
      if (position === trial) return this.#trials.value(index, 0);
      if (position < trial) return undefined;
    }
    return undefined;
  }

  /** The learning phases that reach into [from, to], as [first tick, tick after]; one that goes on ends at `to`. */
  learningPhases(from: number, to: number): readonly (readonly [number, number])[] {
    const found: [number, number][] = [];
    for (const [index, { phase, tick }] of this.#phases.entries()) {
      const end = this.#phases[index + 1]?.tick ?? to;
      if (phase === "learning" && end > from && tick < to)
        found.push([Math.max(tick, from), Math.min(end, to)]);
    }
    return found;
  }
}
