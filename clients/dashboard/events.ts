import type { WireStatus } from "eddy/wire";
import { countText, element, setText } from "./dom.js";
import { fieldsOf } from "./records.js";
import type { Panel } from "./session.js";

const ENTRIES_MAX = 50;

/** What every trial brings; the page draws it elsewhere. */
const usual: ReadonlySet<unknown> = new Set(["phase", "update", "outputError"]);

/** What has happened besides what every trial brings, and which alarms there are. */
export class EventsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #alarms = element("p", { class: "note" }, "no alarm is set");
  readonly #list = element("ol", { class: "log", reversed: true });

  constructor() {
    this.element = element(
      "section",
      { class: "panel", "aria-labelledby": "events-title" },
      element("header", { class: "panel-head" }, element("h2", { id: "events-title" }, "Events")),
      this.#alarms,
      element("div", { "aria-labelledby": "events-title" }, this.#list),
    );
  }

  status({ alarms, degraded }: WireStatus): void {
    const texts = Object.entries(alarms).map(([name, state]) => `${name}: ${state}`);
    const isBad = degraded !== null || Object.values(alarms).includes("raised");
    this.#alarms.classList.toggle("bad", isBad);
    const all = [...(degraded === null ? [] : [`degraded: ${degraded}`]), ...texts];
    setText(this.#alarms, all.join(" · ") || "no alarm is set");
  }

  /** A record of the topic "events". */
  add(tick: number, payload: unknown): void {
    const { kind, tick: _, ...fields } = fieldsOf(payload);
    if (usual.has(kind)) return;
    const details = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
    const when = element("span", { class: "muted" }, `tick ${countText(tick)}`);
    this.#list.prepend(element("li", {}, element("span", {}, [String(kind), ...details].join(", ")), when));
    while (this.#list.children.length > ENTRIES_MAX) this.#list.lastElementChild?.remove();
  }
}
