import { countText, element } from "./dom.js";

const ENTRIES_MAX = 30;

/** What was asked of the simulation, and the tick from which it holds, or why it was refused. */
export class CommandLog {
  readonly #list = element(
    "ol",
    { class: "log", reversed: true },
    element("li", { class: "muted" }, "none yet"),
  );
  #hasEntries = false;
  readonly element = element(
    "section",
    { class: "panel", "aria-labelledby": "log-title" },
    element("header", { class: "panel-head" }, element("h2", { id: "log-title" }, "Commands")),
    element("div", { role: "log", "aria-live": "polite", "aria-labelledby": "log-title" }, this.#list),
  );

  applied(summary: string, tick: number): void {
    this.#add("applied", summary, `tick ${countText(tick)}`);
  }

  refused(summary: string, why: string): void {
    this.#add("refused", summary, why);
  }

  #add(outcome: "applied" | "refused", summary: string, detail: string): void {
    if (!this.#hasEntries) this.#list.replaceChildren();
    this.#hasEntries = true;
    const isRefused = outcome === "refused";
    const note = element("span", { class: "muted" }, isRefused ? `refused: ${detail}` : detail);
    this.#list.prepend(element("li", { class: outcome }, element("span", {}, summary), note));
    while (this.#list.children.length > ENTRIES_MAX) this.#list.lastElementChild?.remove();
  }
}
