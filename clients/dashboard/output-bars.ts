import { countText, element, setText } from "./dom.js";
import type { Feed } from "./feed.js";
import type { Panel, Session } from "./session.js";

const BARS_MAX = 20;

/** A readout's last answer, one bar for each of its units. */
export class OutputPanel implements Panel {
  readonly element: HTMLElement;
  readonly #bars: readonly {
    readonly fill: HTMLElement;
    readonly value: HTMLElement;
    readonly row: HTMLElement;
  }[];
  readonly #when = element("span", { class: "muted" }, "no answer yet");
  readonly #feed: Feed;
  #output: Float32Array = new Float32Array(0);
  #tick = 0;

  constructor(
    private readonly session: Session,
    readout: string,
    units: number,
  ) {
    this.#bars = Array.from({ length: Math.min(units, BARS_MAX) }, (_, unit) => {
      const fill = element("span", { class: "fill" });
      const value = element("span", { class: "value" }, "–");
      const track = element("span", { class: "track", "aria-hidden": "true" }, fill);
      const row = element("li", {}, element("span", { class: "class" }, String(unit)), track, value);
      return { fill, value, row };
    });
    const hidden = units - this.#bars.length;
    this.element = element(
      "section",
      { class: "panel outputs", "aria-label": `Output of ${readout}` },
      element(
        "header",
        { class: "panel-head" },
        element("h2", {}, `Output · ${readout}`),
        element("span", { class: "spring" }),
        this.#when,
      ),
      element("ol", { class: "bars" }, ...this.#bars.map(({ row }) => row)),
      ...(hidden > 0 ? [element("p", { class: "note" }, `and ${hidden} more units`)] : []),
    );
    const frame = (tick: number, payload: unknown) => {
      if (!(payload instanceof Float32Array)) return;
      this.#output = payload;
      this.#tick = tick;
      if (!session.isFrozen()) session.scheduler.request(this);
    };
    const shown = { start: 0, end: Math.min(units, BARS_MAX), every: 1 };
    this.#feed = session.open(`output/${readout}`, frame, { units: shown });
  }

  every(every: number): void {
    this.#feed.change({ units: { start: 0, end: this.#bars.length, every: 1 }, every });
  }

  frozen(isFrozen: boolean): void {
    if (!isFrozen) this.session.scheduler.request(this);
  }

  draw(): void {
    if (this.session.isFrozen() || this.#output.length === 0) return;
    const largest = Math.max(...this.#output);
    for (const [unit, { fill, value, row }] of this.#bars.entries()) {
      const output = this.#output[unit] ?? 0;
      fill.style.width = `${Math.min(1, Math.max(0, output)) * 100}%`;
      setText(value, output.toFixed(3));
      row.classList.toggle("largest", output === largest);
    }
    setText(this.#when, `answered at tick ${countText(this.#tick)}`);
  }

  close(): void {
    this.session.scheduler.cancel(this);
    this.#feed.close();
  }
}
