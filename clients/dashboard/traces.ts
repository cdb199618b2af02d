import { choice, countText, element, labelled, setText } from "./dom.js";
import type { Feed } from "./feed.js";
import type { Panel, Session } from "./session.js";
import { SAMPLES_MAX, TracePlot } from "./trace-plot.js";
import { chooseUnits, EVERY_BLOCK } from "./unit-choice.js";

const UNITS_OF_EACH_BLOCK = 3;
const UNITS_OF_ONE_BLOCK = 6;
const COUNTS = ["1", "3", "6", "12", "24"] as const;

/** Which quantities of a module are drawn. */
const QUANTITIES = [
  { topic: "state", title: "state h", height: 230 },
  { topic: "error", title: "error e = z − y", height: 180 },
] as const;

/** One module: its state and its error, of chosen units, over the last ticks. */
export class ModulePanel implements Panel {
  readonly element: HTMLElement;
  readonly #plots: readonly TracePlot[];
  readonly #feeds: Feed[] = [];
  readonly #selects: readonly HTMLSelectElement[];
  readonly #note = element("p", { class: "note" });
  #block = EVERY_BLOCK;
  #count = UNITS_OF_EACH_BLOCK;
  #every: number;
  #tick = 0;

  /** @param every ticks a frame, to begin with */
  constructor(
    private readonly session: Session,
    private readonly name: string,
    every: number,
  ) {
    this.#every = every;
    const module = session.info.modules[name];
    this.#plots = QUANTITIES.filter(({ topic }) => session.topics.has(`${topic}/${name}`)).map(
      ({ title, height }) => new TracePlot(session, `${title} of ${name}`, title, height),
    );
    const blocks = Object.keys(module.blocks);
    const counts = choice(
      COUNTS.map((count) => [count, count] as const),
      "3",
      (count) => this.#choose(this.#block, Number(count)),
    );
    const which = choice(
      [[EVERY_BLOCK, "each block"], ...blocks.map((block) => [block, block] as const)],
      EVERY_BLOCK,
      (block) => {
        const count = block === EVERY_BLOCK ? UNITS_OF_EACH_BLOCK : UNITS_OF_ONE_BLOCK;
        counts.value = String(count);
        this.#choose(block, count);
      },
    );
    this.#selects = [which, counts];
    this.element = element(
      "section",
      { class: "panel module", "aria-label": `Module ${name}` },
      element(
        "header",
        { class: "panel-head" },
        element("h2", {}, name),
        element("span", { class: "muted" }, `${countText(module.neurons)} neurons`),
        element("span", { class: "spring" }),
        labelled("units of", which),
        labelled("how many", counts),
      ),
      ...this.#plots.map((plot) => plot.element),
      this.#note,
    );
    this.#open();
  }

  every(every: number): void {
    if (every === this.#every) return;
    this.#every = every;
    const { units } = this.#choice();
    for (const feed of this.#feeds) feed.change({ every, units, delivery: "conflated" });
    this.#describe();
  }

  frozen(isFrozen: boolean): void {
    // Other units have no past to show, and a frozen plot no future.
    for (const select of this.#selects) select.disabled = isFrozen;
    for (const plot of this.#plots) plot.frozen(isFrozen);
  }

  close(): void {
    for (const feed of this.#feeds) feed.close();
    for (const plot of this.#plots) plot.close();
  }

  /** Moves the window on, to end at the latest tick that any of the plots has. */
  #reach(tick: number): void {
    if (tick <= this.#tick) return;
    this.#tick = tick;
    for (const plot of this.#plots) plot.span(tick - SAMPLES_MAX * this.#every, tick);
  }

  #choice() {
    const { blocks, neurons } = this.session.info.modules[this.name];
    return chooseUnits(blocks, neurons, this.#block, this.#count);
  }

  #choose(block: string, count: number): void {
    this.#block = block;
    this.#count = count;
    for (const feed of this.#feeds.splice(0)) feed.close();
    this.#open();
  }

  #open(): void {
    const chosen = this.#choice();
    const options = { every: this.#every, units: chosen.units, delivery: "conflated" } as const;
    const topics = QUANTITIES.map(({ topic }) => `${topic}/${this.name}`).filter((topic) =>
      this.session.topics.has(topic),
    );
    for (const [index, topic] of topics.entries()) {
      const plot = this.#plots[index];
      plot.show(chosen, Object.keys(this.session.info.modules[this.name].blocks));
      const frame = (tick: number, payload: unknown, lost: number) => {
        if (!(payload instanceof Float32Array)) return;
        plot.push(tick, payload, this.#every, lost);
        this.#reach(tick);
      };
      this.#feeds.push(this.session.open(topic, frame, options));
    }
    this.#describe();
  }

  #describe(): void {
    const ticks = SAMPLES_MAX * this.#every;
    const every = this.#every === 1 ? "every one of them" : `one in ${countText(this.#every)}`;
    setText(
      this.#note,
      `The last ${countText(ticks)} ticks, ${every}. Tinted: learning. Red at the top: frames lost.`,
    );
  }
}
