import type { Link } from "eddy/client";
import type { WireInfo } from "eddy/wire";
import { button, countText, element, setText } from "./dom.js";

/** Without a heartbeat for so long, the header says that nothing is heard. */
const QUIET_MS = 3500;

/** Frames lost so long ago are no longer shown as a warning. */
const LOSS_FRESH_MS = 5000;

/** How the connection stands; locked: there is no token to connect with. */
export type PageLink = Link | { readonly kind: "locked" };

/** What the header is told. */
export interface Standing {
  readonly link: PageLink;
  /** milliseconds since the link became so */
  readonly linkedMs: number;
  readonly paused: boolean;
  /** milliseconds since the server was heard */
  readonly silentMs: number;
  /** undefined before it is known */
  readonly tick: number | undefined;
  readonly ticksPerSecond: number | undefined;
}

interface Shown {
  readonly state: string;
  readonly text: string;
  readonly detail: string;
}

/** Whose network this is, how the connection and the run stand, and what watching costs. */
export class Header {
  readonly #title = element("h1", {}, "Eddy");
  readonly #network = element("span", { class: "muted" });
  readonly #pill = element("span", { class: "pill", role: "status" });
  readonly #detail = element("span", { class: "detail" });
  readonly #tick = element("output", { "aria-label": "tick", id: "tick" }, "–");
  readonly #rate = element("output", { "aria-label": "ticks a second", id: "rate" }, "–");
  readonly #cost = element("output", { "aria-label": "what watching costs", id: "cost" }, "–");
  readonly #lost = element("output", { "aria-label": "frames skipped", id: "lost" }, "0");
  readonly #freeze: HTMLButtonElement;
  #lostBefore = 0;
  #lostAtMs = Number.NEGATIVE_INFINITY;

  constructor(root: HTMLElement, freeze: () => void) {
    this.#freeze = button("Freeze plots", freeze, { "aria-pressed": "false", "aria-keyshortcuts": "f" });
    root.append(
      element("div", { class: "brand" }, this.#title, this.#network),
      element("div", { class: "standing" }, this.#pill, this.#detail),
      element(
        "dl",
        { class: "figures" },
        ...figure("tick", this.#tick),
        ...figure("ticks/s", this.#rate),
        ...figure("watching", this.#cost),
        ...figure("skipped frames", this.#lost),
      ),
      this.#freeze,
    );
  }

  network({ name, backend }: WireInfo, isViewer: boolean): void {
    setText(this.#network, `${name} · ${backend}${isViewer ? " · watching only" : ""}`);
    document.title = `${name} · Eddy`;
  }

  frozen(isFrozen: boolean): void {
    this.#freeze.setAttribute("aria-pressed", String(isFrozen));
    setText(this.#freeze, isFrozen ? "Plots frozen" : "Freeze plots");
  }

  standing(standing: Standing): void {
    const { state, text, detail } = describe(standing);
    this.#pill.dataset.state = state;
    setText(this.#pill, text);
    setText(this.#detail, detail);
    setText(this.#tick, standing.tick === undefined ? "–" : countText(standing.tick));
    const isLive = state === "running" || state === "paused";
    const rate = standing.ticksPerSecond;
    if (!isLive) setText(this.#cost, "–");
    setText(this.#rate, isLive && rate !== undefined ? countText(rate) : "–");
  }

  cost(framesPerSecond: number, bytesPerSecond: number, lost: number): void {
    setText(this.#cost, `${countText(framesPerSecond)} frames/s · ${countText(bytesPerSecond / 1000)} kB/s`);
    setText(this.#lost, countText(lost));
    const nowMs = performance.now();
    if (lost > this.#lostBefore) this.#lostAtMs = nowMs;
    this.#lostBefore = lost;
    this.#lost.classList.toggle("bad", nowMs - this.#lostAtMs < LOSS_FRESH_MS);
  }
}

function figure(name: string, value: HTMLElement): readonly HTMLElement[] {
  return [element("div", {}, element("dt", {}, name), element("dd", {}, value))];
}

function describe({ link, linkedMs, paused, silentMs }: Standing): Shown {
  switch (link.kind) {
    case "locked":
      return { state: "ended", text: "no token", detail: "" };
    case "connecting":
      return { state: "connecting", text: "connecting", detail: "" };
    case "waiting": {
      const seconds = Math.max(0, Math.ceil((link.retryInMs - linkedMs) / 1000));
      return { state: "lost", text: "disconnected", detail: `${link.why}; trying again in ${seconds} s` };
    }
    case "ended":
      return { state: "ended", text: "ended", detail: `${link.why} (${link.code}); it will not try again` };
    case "open":
      break;
  }
  if (silentMs > QUIET_MS) {
    const seconds = Math.floor(silentMs / 1000);
    return { state: "silent", text: "no sign of life", detail: `nothing heard for ${seconds} s` };
  }
  return paused
    ? { state: "paused", text: "paused", detail: "" }
    : { state: "running", text: "running", detail: "" };
}
