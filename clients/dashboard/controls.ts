import type { WireStatus } from "eddy/wire";
import { button, element, labelled, setText } from "./dom.js";
import { NumberBox } from "./number-box.js";
import type { Panel, Session } from "./session.js";
import { Steered } from "./steered.js";

const STEPS = [1, 10, 100] as const;
const TICKS_PER_SECOND_MAX = 1_000_000;
const DEFAULT_TICKS_PER_SECOND = 60;

/** Runs, pauses, steps and paces the simulation. */
export class RunPanel implements Panel {
  readonly element: HTMLElement;
  readonly #toggle: HTMLButtonElement;
  readonly #paused: Steered<boolean>;
  readonly #pace: PaceControl;

  constructor(private readonly session: Session) {
    this.#toggle = button("Pause", () => this.toggle(), { class: "primary", "aria-keyshortcuts": "Space" });
    this.#paused = new Steered<boolean>(
      (isPaused) => {
        setText(this.#toggle, isPaused ? "Resume" : "Pause");
        this.#toggle.dataset.paused = String(isPaused);
      },
      (isPaused) => session.steer({ kind: isPaused ? "pause" : "resume" }, isPaused ? "pause" : "resume"),
    );
    const steps = STEPS.map((ticks) =>
      button(`+${ticks}`, () => this.step(ticks), {
        "aria-label": `Step ${ticks} ${ticks === 1 ? "tick" : "ticks"}`,
        ...(ticks === 1 && { "aria-keyshortcuts": "." }),
      }),
    );
    this.#pace = new PaceControl(session);
    this.element = element(
      "section",
      { class: "panel", "aria-labelledby": "run-title" },
      element("header", { class: "panel-head" }, element("h2", { id: "run-title" }, "Run")),
      element(
        "div",
        { class: "row" },
        this.#toggle,
        element("div", { class: "steps", role: "group", "aria-label": "Step" }, ...steps),
      ),
      this.#pace.element,
    );
  }

  status({ paused, ticksPerSecond }: WireStatus): void {
    this.#paused.status(paused);
    this.#pace.status(ticksPerSecond);
  }

  toggle(): void {
    this.#paused.change(this.#toggle.dataset.paused !== "true");
  }

  /** Pauses, then makes so many ticks. */
  step(ticks: number): void {
    const stepped = this.session.steer({ kind: "step", ticks }, `step ${ticks}`);
    // The refusal was shown already; the button stays as it is.
    stepped.then(() => this.#paused.status(true)).catch(() => {});
  }
}

/** As fast as possible, or at so many ticks a second. */
class PaceControl {
  readonly element: HTMLElement;
  readonly #fast = element("input", { type: "checkbox" });
  readonly #number: NumberBox;
  readonly #steered: Steered<number | null>;
  #pace = DEFAULT_TICKS_PER_SECOND;

  constructor(session: Session) {
    const send = (pace: number | null) =>
      session.steer(
        { kind: "speed", ticksPerSecond: pace },
        pace === null ? "as fast as possible" : `${pace} ticks/s`,
      );
    this.#number = new NumberBox(
      { label: "pace", min: 1, max: TICKS_PER_SECOND_MAX, step: 1, unit: "ticks/s" },
      send,
    );
    this.#steered = new Steered<number | null>((pace) => this.#show(pace), send);
    this.#fast.addEventListener("change", () => this.#steered.change(this.#fast.checked ? null : this.#pace));
    this.element = element(
      "div",
      { class: "stack" },
      labelled("as fast as possible", this.#fast),
      this.#number.element,
    );
  }

  status(pace: number | null): void {
    this.#steered.status(pace);
  }

  #show(pace: number | null): void {
    this.#fast.checked = pace === null;
    this.#number.input.disabled = pace === null;
    if (pace === null) return;
    this.#pace = pace;
    this.#number.status(pace);
  }
}

/** What learning goes by: learning rate, beta, and each module's spectral radius. */
export class LearningPanel implements Panel {
  readonly element: HTMLElement;
  readonly #learningRate: NumberBox;
  readonly #beta: NumberBox;
  readonly #radii: ReadonlyMap<string, NumberBox>;

  constructor({ info, steer }: Session) {
    this.#learningRate = new NumberBox({ label: "learning rate", min: 0, max: 10, step: 0.0001 }, (value) =>
      steer({ kind: "learningRate", value }, `learning rate = ${value}`),
    );
    this.#beta = new NumberBox({ label: "beta (scale of errors)", min: 0, max: 1000, step: 0.1 }, (value) =>
      steer({ kind: "beta", value }, `beta = ${value}`),
    );
    this.#radii = new Map(
      Object.keys(info.modules).map((module) => [
        module,
        new NumberBox({ label: module, min: 0.001, max: 100, step: 0.05 }, (value) =>
          steer({ kind: "spectralRadius", module, value }, `spectral radius of ${module} = ${value}`),
        ),
      ]),
    );
    this.element = element(
      "section",
      { class: "panel", "aria-labelledby": "learning-title" },
      element("header", { class: "panel-head" }, element("h2", { id: "learning-title" }, "Learning")),
      this.#learningRate.element,
      this.#beta.element,
      element(
        "fieldset",
        {},
        element("legend", {}, "Spectral radius"),
        ...[...this.#radii.values()].map((box) => box.element),
      ),
    );
  }

  status({ learningRate, beta, spectralRadii }: WireStatus): void {
    this.#learningRate.status(learningRate);
    this.#beta.status(beta);
    for (const [module, box] of this.#radii) {
      const radius = spectralRadii[module];
      if (radius !== undefined) box.status(radius);
    }
  }
}
