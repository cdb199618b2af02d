import uPlot from "uplot";
import { countText, element, numberText, setText } from "./dom.js";
import type { Session } from "./session.js";
import { APART, RingBuffer } from "./store/ring-buffer.js";
import { canvasFont, colour, onThemeChange, seriesColour } from "./theme.js";
import type { Strip, UnitChoice } from "./unit-choice.js";

/** Frames that are kept and shown. */
export const SAMPLES_MAX = 300;
/** Phases narrower than this are not told apart, so none is tinted. */
const TINT_PIXELS_MIN = 3;
/** Amplitudes that a strip can be scaled to: 1, 2, 5, 10, ... */
const GAIN_STEPS = [1, 2, 5] as const;

type Point = number | null;

/**
 * Sliding traces of some units, one strip for each block, all strips to one scale, as on an oscilloscope. What was lost is
 * left open and marked; learning phases are tinted.
 */
export class TracePlot {
  readonly element: HTMLElement;
  readonly #caption = element("figcaption");
  readonly #readout = element("span", { class: "readout" });
  readonly #scale = element("span", { class: "muted" });
  readonly #box = element("div", { class: "plot" });
  readonly #stopTheme: () => void;
  readonly #resizing: ResizeObserver;
  #plot: uPlot | undefined;
  #strips: readonly Strip[] = [];
  #colours: readonly number[] = [];
  #samples = new RingBuffer(1, 1);
  /** amplitude from the middle of a strip to its edge */
  #gain = 1;
  /** ticks that are shown */
  #range: readonly [from: number, to: number] = [0, SAMPLES_MAX];
  /** ticks before which something was lost, of what is drawn */
  #gaps: readonly number[] = [];

  constructor(
    private readonly session: Session,
    label: string,
    title: string,
    private readonly height: number,
  ) {
    this.#caption.append(
      element("strong", {}, title),
      this.#scale,
      element("span", { class: "spring" }),
      this.#readout,
    );
    this.element = element("figure", { class: "trace", "aria-label": label }, this.#caption, this.#box);
    this.#stopTheme = onThemeChange(() => this.#build(this.#plot?.data));
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(this.#box);
  }

  /** Begins anew, with these units. @param blocks all of the module, so that each keeps its colour */
  show(chosen: UnitChoice, blocks: readonly string[]): void {
    this.#strips = chosen.strips;
    this.#colours = chosen.strips.map(({ name }) => Math.max(0, blocks.indexOf(name)));
    this.#samples = new RingBuffer(SAMPLES_MAX, chosen.width);
    this.#build();
  }

  /**
   * @param every ticks that lie between two frames of a quantity that is always there
   * @param lost frames that were dropped before this one
   */
  push(tick: number, values: Float32Array, every: number, lost: number): void {
    const samples = this.#samples;
    // A frame of the units chosen before may still be on its way.
    if (values.length !== samples.width) return;
    const before = samples.length > 0 ? samples.position(samples.length - 1) : tick - every;
    // While the page changes over to another rate, one tick may come twice.
    if (tick <= before) return;
    const isApart = lost === 0 && tick - before >= 2 * every;
    samples.push(tick, values, isApart ? APART : lost);
    if (!this.session.isFrozen()) this.session.scheduler.request(this);
  }

  /** Shows these ticks from now on, so that the plots of a module stay aligned. */
  span(from: number, to: number): void {
    if (this.session.isFrozen()) return;
    this.#range = [from, to];
    this.session.scheduler.request(this);
  }

  frozen(isFrozen: boolean): void {
    if (!isFrozen) this.session.scheduler.request(this);
  }

  draw(): void {
    const plot = this.#plot;
    const { length } = this.#samples;
    if (!plot || length === 0 || this.session.isFrozen()) return;
    this.#gain = this.#fittingGain();
    plot.setData(this.#data(), false);
    plot.setScale("x", { min: this.#range[0], max: this.#range[1] });
    setText(this.#scale, `strips ±${numberText(this.#gain)}`);
  }

  close(): void {
    this.session.scheduler.cancel(this);
    this.#stopTheme();
    this.#resizing.disconnect();
    this.#plot?.destroy();
  }

  #columns(): readonly { strip: number; column: number; unit: number }[] {
    return this.#strips.flatMap(({ columns, units }, strip) =>
      columns.map((column, index) => ({ strip, column, unit: units[index] })),
    );
  }

  /** The smallest amplitude of 1, 2, 5, ... that all that is shown stays within. */
  #fittingGain(): number {
    let largest = 0;
    for (const { column } of this.#columns()) {
      for (let index = 0; index < this.#samples.length; index += 1) {
        largest = Math.max(largest, Math.abs(this.#samples.value(index, column)));
      }
    }
    if (!(largest > 0) || !Number.isFinite(largest)) return this.#gain;
    const decade = 10 ** Math.floor(Math.log10(largest));
    return decade * (GAIN_STEPS.find((step) => step * decade >= largest) ?? 10);
  }

  /** Height of a value in the plot, in strips from the bottom. */
  #heightOf(value: number, strip: number): number {
    return this.#strips.length - strip - 0.5 + value / (2 * this.#gain);
  }

  #data(): uPlot.AlignedData {
    const samples = this.#samples;
    const ticks: number[] = [];
    const rows: number[] = [];
    const gaps: number[] = [];
    for (let index = 0; index < samples.length; index += 1) {
      const tick = samples.position(index);
      const gap = index > 0 ? samples.gap(index) : 0;
      if (gap !== 0) {
        if (gap !== APART) gaps.push(tick);
        ticks.push((tick + samples.position(index - 1)) / 2);
        rows.push(-1);
      }
      ticks.push(tick);
      rows.push(index);
    }
    this.#gaps = gaps;
    const series = this.#columns().map(({ strip, column }) =>
      rows.map((row): Point => (row < 0 ? null : this.#heightOf(samples.value(row, column), strip))),
    );
    return [ticks, ...series];
  }

  /** @param data what is on the plot already, which a frozen plot goes on to show */
  #build(data: uPlot.AlignedData = [[], ...this.#columns().map(() => [])]): void {
    this.#plot?.destroy();
    const width = this.#box.clientWidth;
    if (width === 0 || this.#strips.length === 0) {
      this.#plot = undefined;
      return;
    }
    this.#plot = new uPlot(this.#options(width), data, this.#box);
    this.#plot.setScale("x", { min: this.#range[0], max: this.#range[1] });
    this.session.scheduler.request(this);
  }

  #resize(): void {
    const width = this.#box.clientWidth;
    if (width === 0) return;
    if (!this.#plot) this.#build();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.height });
  }

  #options(width: number): uPlot.Options {
    const strips = this.#strips.length;
    const axis = { stroke: colour("muted"), font: canvasFont(11), ticks: { show: false } };
    const grid = { stroke: colour("rule"), width: 1 };
    return {
      width,
      height: this.height,
      legend: { show: false },
      scales: { x: { time: false, auto: false }, y: { range: [0, strips] } },
      axes: [
        { ...axis, grid: { show: false }, size: 24, values: (_, splits) => splits.map(tickText) },
        {
          ...axis,
          size: 64,
          grid,
          splits: () => Array.from({ length: strips }, (_, strip) => strips - strip - 0.5),
          values: () => this.#strips.map(({ name }) => name),
        },
      ],
      series: [{}, ...this.#columns().map(({ strip, unit }) => this.#series(strip, unit))],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      hooks: {
        drawClear: [(plot) => this.#tintLearning(plot)],
        draw: [(plot) => this.#markGaps(plot)],
        setCursor: [(plot) => this.#read(plot)],
      },
    };
  }

  #series(strip: number, unit: number): uPlot.Series {
    const { units } = this.#strips[strip];
    const place = units.indexOf(unit) / Math.max(1, units.length - 1);
    const opacity = Math.round((1 - 0.55 * place) * 255);
    const stroke = seriesColour(this.#colours[strip]) + opacity.toString(16).padStart(2, "0");
    return { label: `unit ${unit}`, stroke, width: 1.25, spanGaps: false, points: this.#points(stroke) };
  }

  /** Values that no line reaches, because their neighbours are missing, are dots. */
  #points(fill: string): uPlot.Series.Points {
    const filter = (plot: uPlot, series: number) => {
      const values = plot.data[series];
      const isMissing = (index: number) => typeof values[index] !== "number";
      return [...values.keys()].filter(
        (index) => !isMissing(index) && isMissing(index - 1) && isMissing(index + 1),
      );
    };
    return { show: true, filter, size: 3, width: 0, fill, stroke: fill };
  }

  #tintLearning(plot: uPlot): void {
    const { min, max } = plot.scales.x;
    if (min === undefined || max === undefined || min === null || max === null) return;
    const { left, top, width, height } = plot.bbox;
    plot.ctx.fillStyle = colour("learning-tint");
    for (const task of this.session.tasks.values()) {
      const phases = task.learningPhases(min, max);
      if (phases.length * TINT_PIXELS_MIN * 2 > width) continue;
      for (const [from, to] of phases) {
        const start = Math.max(left, plot.valToPos(from, "x", true));
        const end = Math.min(left + width, plot.valToPos(to, "x", true));
        plot.ctx.fillRect(start, top, end - start, height);
      }
    }
  }

  #markGaps(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.fillStyle = colour("bad");
    for (const tick of this.#gaps) {
      const x = plot.valToPos(tick, "x", true);
      if (x >= bbox.left) ctx.fillRect(Math.round(x) - 1, bbox.top, 2, 6 * devicePixelRatio);
    }
  }

  /** Says what the traces are where the pointer is. */
  #read(plot: uPlot): void {
    const { idx, top } = plot.cursor;
    const tick = idx === null || idx === undefined ? undefined : plot.data[0][idx];
    if (tick === undefined || idx === null || idx === undefined || top === undefined) {
      setText(this.#readout, "");
      return;
    }
    const strip = this.#strips.length - 1 - Math.floor(plot.posToVal(top, "y"));
    const shown = this.#columns()
      .map((column, series) => ({ ...column, height: plot.data[series + 1][idx] }))
      .filter((column) => column.strip === strip && typeof column.height === "number")
      .map(({ unit, height }) => {
        const value = ((height ?? 0) - (this.#strips.length - strip - 0.5)) * 2 * this.#gain;
        return `${unit}: ${value.toFixed(3)}`;
      });
    setText(
      this.#readout,
      `tick ${countText(tick)} · ${this.#strips[strip]?.name ?? ""} ${shown.join("  ")}`,
    );
  }
}

/** Between whole ticks the axis stays silent. */
const tickText = (tick: number): string => (Number.isInteger(tick) ? countText(tick) : "");
