import type { Applied, Run } from "eddy/client";
import { numberText } from "./numbers.js";
import type { Readings } from "./readings.js";

const GATE_STEP = 0.1;
const PACE_MIN = 1;
const PACE_MAX = 100_000;
const LADDER = [1, 2, 5] as const;

const resets = { s: "state", w: "weights", b: "both" } as const;

/** What the keys have done that no status tells. */
export interface Steered {
  readonly chosen: number;
  readonly asking: string | null;
  readonly isHelp: boolean;
  readonly message: { readonly text: string; readonly isBad: boolean } | null;
}

/** The next pace above (1) or below (-1), of 1, 2, 5, 10, ...; null is as fast as possible. */
export function paceBeside(pace: number | null, rate: number | null, direction: 1 | -1): number | null {
  const from = pace ?? (direction < 0 ? (rate ?? PACE_MAX) : null);
  if (from === null) return null;
  const ladder = Array.from({ length: 6 }, (_, power) => LADDER.map((digit) => digit * 10 ** power)).flat();
  const steps = ladder.filter((step) => step >= PACE_MIN && step <= PACE_MAX);
  if (direction > 0) return steps.find((step) => step > from) ?? null;
  return steps.findLast((step) => step < from) ?? PACE_MIN;
}

/** Turns keys into commands, and remembers what they chose. */
export class Steer {
  #chosen = 0;
  #isAsking = false;
  #isHelp = false;
  #message: Steered["message"] = null;
  /** gates as they were asked for, until a status that follows the reply */
  readonly #wanted = new Map<string, { readonly gate: number; isAnswered: boolean }>();
  #isPaused: boolean | undefined;

  constructor(
    private readonly run: Run,
    private readonly readings: Pick<Readings, "show" | "view">,
    private readonly quit: () => void,
  ) {
    run.status.subscribe(() => {
      this.#isPaused = undefined;
      for (const [pathway, { isAnswered }] of this.#wanted) if (isAnswered) this.#wanted.delete(pathway);
    });
  }

  get view(): Steered {
    const gates = this.run.info.pathways.length;
    return {
      chosen: Math.min(this.#chosen, Math.max(0, gates - 1)),
      asking: this.#isAsking ? "reset what? s state, w weights, b both; anything else: nothing" : null,
      isHelp: this.#isHelp,
      message: this.#message,
    };
  }

  /** Whether it is paused, as asked for or as the last status said. */
  get paused(): boolean {
    return this.#isPaused ?? this.run.status.value.paused;
  }

  /** A pathway's gate, as asked for or as the last status said. */
  gateOf(pathway: string): number {
    return this.#wanted.get(pathway)?.gate ?? this.run.status.value.gates[pathway] ?? 1;
  }

  tell(text: string, isBad: boolean): void {
    this.#message = { text, isBad };
  }

  /** @param key its name, as Node's readline tells it, or the character */
  key(key: string): void {
    if (this.#isAsking) {
      this.#isAsking = false;
      if (key in resets) this.#reset(resets[key as keyof typeof resets]);
      return;
    }
    this.#actions[key]?.();
  }

  readonly #actions: Readonly<Record<string, () => void>> = {
    space: () => this.#pause(!this.paused),
    s: () => this.#step(1),
    S: () => this.#step(10),
    "+": () => this.#faster(1),
    "=": () => this.#faster(1),
    "-": () => this.#faster(-1),
    m: () => this.#speed(null),
    up: () => this.#choose(-1),
    down: () => this.#choose(1),
    left: () => this.#gate((gate) => gate - GATE_STEP),
    right: () => this.#gate((gate) => gate + GATE_STEP),
    "0": () => this.#gate(() => 0),
    "1": () => this.#gate(() => 1),
    r: () => {
      this.#isAsking = true;
    },
    c: () => this.#send("checkpoint", this.run.checkpoint()),
    u: () => this.readings.show((this.readings.view().unit ?? -1) + 1),
    U: () => this.readings.show(null),
    q: () => this.quit(),
    "?": () => {
      this.#isHelp = !this.#isHelp;
    },
  };

  #pause(isPaused: boolean): void {
    this.#send(isPaused ? "paused" : "running", isPaused ? this.run.pause() : this.run.resume(), () => {
      this.#isPaused = isPaused;
    });
  }

  #step(ticks: number): void {
    this.#send(`step ${ticks}`, this.run.step(ticks), () => {
      this.#isPaused = true;
    });
  }

  #faster(direction: 1 | -1): void {
    this.#speed(
      paceBeside(this.run.status.value.ticksPerSecond, this.readings.view().ticksPerSecond, direction),
    );
  }

  #speed(pace: number | null): void {
    const text = pace === null ? "as fast as possible" : `${numberText(pace)} ticks/s`;
    this.#send(text, this.run.speed(pace));
  }

  #choose(by: number): void {
    const gates = this.run.info.pathways.length;
    if (gates > 0) this.#chosen = (this.view.chosen + by + gates) % gates;
  }

  #gate(change: (gate: number) => number): void {
    const pathway = this.run.info.pathways[this.view.chosen];
    if (!pathway) return;
    const { id } = pathway;
    const gate = Math.min(1, Math.max(0, Math.round(change(this.gateOf(id)) * 100) / 100));
    const wanted = { gate, isAnswered: false };
    this.#wanted.set(id, wanted);
    const answered = () => {
      wanted.isAnswered = true;
    };
    this.#send(`gate ${id} = ${gate}`, this.run.gate(id, gate).finally(answered));
  }

  #reset(what: (typeof resets)[keyof typeof resets]): void {
    this.#send(`reset of ${what}`, this.run.reset(what));
  }

  #send(what: string, command: Promise<Applied>, then: () => void = () => {}): void {
    command.then(
      ({ tick, result }) => {
        const came = Object.entries(result ?? {}).map(([name, value]) => `, ${name} ${value}`);
        this.tell(`${what}, at tick ${tick}${came.join("")}`, false);
        then();
      },
      (error: Error) => this.tell(`${what}: ${error.message}`, true),
    );
  }
}
