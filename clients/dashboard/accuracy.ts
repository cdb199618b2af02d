import uPlot from "uplot";
import { countText, element, setText } from "./dom.js";
import type { Panel, Session } from "./session.js";
import type { TaskLog } from "./store/task-log.js";
import { canvasFont, colour, onThemeChange } from "./theme.js";

const HEIGHT = 150;

/** How often a task was answered rightly: now, and over the whole time that the page has looked. */
export class AccuracyPanel implements Panel {
  readonly element: HTMLElement;
  readonly #now = element("output", { class: "big" }, "–");
  readonly #of = element("span", { class: "muted" }, "no trial seen yet");
  readonly #box = element("div", { class: "plot" });
  readonly #resizing: ResizeObserver;
  readonly #stopTheme: () => void;
  #plot: uPlot | undefined;

  constructor(
    private readonly session: Session,
    private readonly log: TaskLog,
  ) {
    this.#now.setAttribute("aria-label", `Accuracy of ${log.task}`);
    this.#now.dataset.task = log.task;
    this.element = element(
      "section",
      { class: "panel accuracy", "aria-label": `Accuracy of ${log.task}` },
      element(
        "header",
        { class: "panel-head" },
        element("h2", {}, `Accuracy · ${log.task}`),
        element("span", { class: "spring" }),
        this.#now,
      ),
      this.#box,
      element(
        "footer",
        { class: "note" },
        this.#of,
        element("span", { class: "spring" }),
        element("span", { class: "key thin" }, `mean of ${log.short.window}`),
        element("span", { class: "key thick" }, `mean of ${log.long.window} trials`),
      ),
    );
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(this.#box);
    this.#stopTheme = onThemeChange(() => this.#build(this.#plot?.data));
  }

  /** A trial has come. */
  changed(): void {
    if (!this.session.isFrozen()) this.session.scheduler.request(this);
  }

  frozen(isFrozen: boolean): void {
    if (!isFrozen) this.changed();
  }

  draw(): void {
    const { long } = this.log;
    if (long.count === 0 || this.session.isFrozen()) return;
    setText(this.#now, `${(long.mean * 100).toFixed(long.mean === 1 ? 0 : 1)} %`);
    const rows = this.log.history.rows();
    const trial = rows.at(-1)?.[0] ?? 0;
    setText(this.#of, `last ${countText(long.count)} trials, up to trial ${countText(trial)}`);
    this.#plot?.setData([0, 1, 2].map((column) => rows.map((row) => row[column])) as uPlot.AlignedData);
  }

  close(): void {
    this.session.scheduler.cancel(this);
    this.#resizing.disconnect();
    this.#stopTheme();
    this.#plot?.destroy();
  }

  #resize(): void {
    const width = this.#box.clientWidth;
    if (width === 0) return;
    if (!this.#plot) this.#build();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** @param data what is on the plot already, which a frozen plot goes on to show */
  #build(data: uPlot.AlignedData = [[], [], []]): void {
    this.#plot?.destroy();
    const width = this.#box.clientWidth;
    if (width === 0) return;
    const axis = { stroke: colour("muted"), font: canvasFont(11), ticks: { show: false } };
    const grid = { stroke: colour("rule"), width: 1 };
    const options: uPlot.Options = {
      width,
      height: HEIGHT,
      legend: { show: false },
      scales: { x: { time: false }, y: { range: [0, 1.04] } },
      axes: [
        { ...axis, grid: { show: false }, size: 24, values: (_, splits) => splits.map(trialText) },
        {
          ...axis,
          grid,
          size: 46,
          splits: () => [0, 0.5, 1],
          values: (_, splits) => splits.map((split) => `${split * 100} %`),
        },
      ],
      series: [
        {},
        { stroke: colour("accent-soft"), width: 1, points: { show: false } },
        { stroke: colour("accent"), width: 2, points: { show: false } },
      ],
      cursor: { show: false },
    };
    this.#plot = new uPlot(options, data, this.#box);
    this.changed();
  }
}

const trialText = (trial: number): string => (Number.isInteger(trial) ? countText(trial) : "");
