import type { WireInfo, WireStatus } from "eddy/wire";
import { element, setText } from "./dom.js";
import type { Panel, Session } from "./session.js";
import { Steered } from "./steered.js";

/** Between two commands of a slider that is drawn along; the server takes twenty a second. */
const SLIDE_MS = 120;

const GROUPS = [
  { kind: "forward", title: "Forward" },
  { kind: "readout", title: "Readout" },
  { kind: "error", title: "Error" },
] as const;

type Pathway = WireInfo["pathways"][number];

/** Every pathway's gate: a switch to close and open it, a slider for what lies between. */
export class GatesPanel implements Panel {
  readonly element: HTMLElement;
  readonly #gates = new Map<string, Gate>();

  constructor(session: Session) {
    const groups = GROUPS.flatMap(({ kind, title }) => {
      const pathways = session.info.pathways.filter((pathway) => pathway.kind === kind);
      if (pathways.length === 0) return [];
      const rows = pathways.map((pathway) => {
        const gate = new Gate(session, pathway);
        this.#gates.set(pathway.id, gate);
        return gate.element;
      });
      return [element("fieldset", { class: "gates" }, element("legend", {}, title), ...rows)];
    });
    this.element = element(
      "section",
      { class: "panel", "aria-labelledby": "gates-title" },
      element("header", { class: "panel-head" }, element("h2", { id: "gates-title" }, "Gates")),
      ...groups,
    );
  }

  status({ gates }: WireStatus): void {
    for (const [pathway, gate] of this.#gates) {
      const value = gates[pathway];
      if (value !== undefined) gate.status(value);
    }
  }
}

class Gate {
  readonly element: HTMLElement;
  readonly #switch: HTMLInputElement;
  readonly #slider: HTMLInputElement;
  readonly #value = element("output", { class: "value" });
  readonly #steered: Steered<number>;
  /** what the switch opens it to */
  #open: number;
  #slidAtMs = 0;
  #sliding: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, { id, gate, source, target }: Pathway) {
    this.#open = gate > 0 ? gate : 1;
    const title = `from ${source} to ${target}`;
    this.#switch = element("input", { type: "checkbox", role: "switch", "aria-label": `gate ${id}`, title });
    this.#slider = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      "aria-label": `how far the gate ${id} is open`,
    });
    this.element = element(
      "div",
      { class: "gate", "data-pathway": id },
      this.#switch,
      element("span", { class: "pathway", title }, id),
      this.#slider,
      this.#value,
    );
    this.#steered = new Steered<number>(
      (value) => this.#show(value),
      (value) => session.steer({ kind: "gate", pathway: id, gate: value }, `gate ${id} = ${value}`),
    );
    this.#switch.addEventListener("change", () =>
      this.#steered.change(this.#switch.checked ? this.#open : 0),
    );
    this.#slider.addEventListener("input", () => this.#slide());
  }

  status(value: number): void {
    if (this.#sliding === undefined) this.#steered.status(value);
  }

  #show(value: number): void {
    if (value > 0) this.#open = value;
    this.#switch.checked = value > 0;
    this.#slider.value = String(value);
    setText(this.#value, value.toFixed(2));
    this.element.classList.toggle("closed", value === 0);
  }

  /** Sends where the slider is, now or as soon as the last time is long enough ago. */
  #slide(): void {
    setText(this.#value, this.#slider.valueAsNumber.toFixed(2));
    if (this.#sliding !== undefined) return;
    const waitMs = Math.max(0, this.#slidAtMs + SLIDE_MS - performance.now());
    this.#sliding = setTimeout(() => {
      this.#sliding = undefined;
      this.#slidAtMs = performance.now();
      this.#steered.change(this.#slider.valueAsNumber);
    }, waitMs);
  }
}
