import { SharpCanvas } from "./canvas.js";
import { countText, element, numberText, setText } from "./dom.js";
import type { Past } from "./past.js";
import type { GateRecord } from "./records.js";
import type { Panel, Session } from "./session.js";
import type { PhaseEntry, TaskLog } from "./store/task-log.js";
import { canvasFont, colour, onThemeChange } from "./theme.js";

const PIXELS_PER_TICK = 6;
const LANE_HEIGHT = 46;
const AXIS_HEIGHT = 22;
const BAND_HEIGHT = 14;
const MARBLE_RADIUS = 7;
const TICKS_BETWEEN_LABELS = 20;
const GATES_MAX = 64;

interface Row {
  readonly log: TaskLog;
  readonly phase: HTMLElement;
  readonly trial: HTMLElement;
}

/** Draws something on a lane, from the middle of its height. */
interface Lane {
  readonly context: CanvasRenderingContext2D;
  readonly middle: number;
  readonly x: (tick: number) => number;
}

/** The last ticks as a marble diagram: each task's phases, stimuli and answers, and when gates were set. */
export class LanesPanel implements Panel {
  readonly element: HTMLElement;
  readonly #rows: readonly Row[];
  readonly #canvas: SharpCanvas;
  readonly #stopTheme: () => void;
  #gates: (GateRecord & { readonly tick: number })[] = [];
  #tick = 0;
  /** where the picture ends; it stands while plots are frozen */
  #end = 0;

  constructor(private readonly session: Session) {
    const repaint = () => session.scheduler.request(this);
    this.#rows = [...session.tasks.values()].map((log) => ({
      log,
      phase: element("span", { class: "phase", "data-phase": "waiting" }, "waiting"),
      trial: element("span", { class: "trial" }, "–"),
    }));
    const height = (this.#rows.length + 1) * LANE_HEIGHT + AXIS_HEIGHT;
    this.#canvas = new SharpCanvas("Phases of each task over the last ticks", height, repaint);
    this.#stopTheme = onThemeChange(repaint);
    this.element = element(
      "section",
      { class: "panel lanes", "aria-labelledby": "lanes-title" },
      element("header", { class: "panel-head" }, element("h2", { id: "lanes-title" }, "Phases"), legend()),
      element(
        "div",
        { class: "lanes-grid" },
        element(
          "div",
          { class: "lane-names" },
          ...this.#rows.map(nameOf),
          element("div", { class: "lane-name" }, "gates"),
        ),
        this.#canvas.element,
      ),
    );
  }

  /** The simulation has come so far. */
  advance(tick: number): void {
    if (tick === this.#tick) return;
    this.#tick = tick;
    if (!this.session.isFrozen()) this.session.scheduler.request(this);
  }

  addGate(tick: number, record: GateRecord): void {
    this.#gates = [...this.#gates.slice(1 - GATES_MAX), { ...record, tick }];
  }

  /** What was before the first event, or until now where there has been none. */
  recall({ phases, gates }: Past, firstTick: number): void {
    for (const { log } of this.#rows) log.recall(phases.get(log.task) ?? []);
    const before = gates.filter(({ tick }) => tick < firstTick);
    const seen = this.#gates.filter(({ tick }) => tick >= firstTick);
    this.#gates = [...before, ...seen].slice(-GATES_MAX);
    this.session.scheduler.request(this);
  }

  frozen(): void {
    this.session.scheduler.request(this);
  }

  draw(): void {
    if (!this.session.isFrozen()) {
      this.#end = this.#tick;
      for (const row of this.#rows) tellPhase(row);
    }
    this.#canvas.paint((context, width) => {
      const from = this.#end - width / PIXELS_PER_TICK;
      const x = (tick: number) => (tick - from) * PIXELS_PER_TICK;
      this.#paintAxis(context, from, x);
      for (const [index, { log }] of this.#rows.entries()) {
        const middle = (index + 0.5) * LANE_HEIGHT;
        paintTask({ context, middle, x }, log, from, this.#end);
      }
      this.#paintGates({ context, middle: (this.#rows.length + 0.5) * LANE_HEIGHT, x }, from, width);
    });
  }

  close(): void {
    this.session.scheduler.cancel(this);
    this.#stopTheme();
    this.#canvas.close();
  }

  #paintAxis(context: CanvasRenderingContext2D, from: number, x: (tick: number) => number): void {
    const bottom = (this.#rows.length + 1) * LANE_HEIGHT;
    context.font = canvasFont(11);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const first = Math.max(0, Math.ceil(from / TICKS_BETWEEN_LABELS) * TICKS_BETWEEN_LABELS);
    for (let tick = first; tick <= this.#end; tick += TICKS_BETWEEN_LABELS) {
      context.fillStyle = colour("rule");
      context.fillRect(Math.round(x(tick)), 0, 1, bottom);
      context.fillStyle = colour("muted");
      const halfWidth = context.measureText(countText(tick)).width / 2;
      const isWhole = x(tick) - halfWidth > 0 && x(tick) + halfWidth < x(this.#end);
      if (isWhole) context.fillText(countText(tick), x(tick), bottom + AXIS_HEIGHT / 2);
    }
  }

  #paintGates({ context, middle, x }: Lane, from: number, width: number): void {
    line(context, middle, x(Math.max(0, from)), x(this.#end));
    context.font = canvasFont(11);
    context.textBaseline = "middle";
    for (const { tick, pathway, gate } of this.#gates) {
      if (tick < from || tick > this.#end) continue;
      const at = x(tick);
      context.fillStyle = colour("ink");
      context.beginPath();
      context.moveTo(at, middle - 6);
      context.lineTo(at + 6, middle);
      context.lineTo(at, middle + 6);
      context.lineTo(at - 6, middle);
      context.fill();
      const isLeft = at > width - 160;
      context.textAlign = isLeft ? "right" : "left";
      context.fillText(`${pathway} = ${numberText(gate)}`, at + (isLeft ? -10 : 10), middle);
    }
  }
}

function nameOf({ log, phase, trial }: Row): HTMLElement {
  return element(
    "div",
    { class: "lane-name", "data-task": log.task },
    element("strong", {}, log.task),
    element("span", { class: "lane-now" }, phase, trial),
  );
}

/** Says in words where the task's clock stands. */
function tellPhase({ log, phase, trial }: Row): void {
  const last = log.phases.at(-1);
  if (!last) return;
  setText(phase, last.phase);
  phase.dataset.phase = last.phase;
  setText(trial, `trial ${countText(Math.max(0, last.trial))}`);
}

function legend(): HTMLElement {
  const entry = (mark: string, text: string) =>
    element("li", {}, element("span", { class: `mark ${mark}`, "aria-hidden": "true" }), text);
  return element(
    "ul",
    { class: "legend" },
    entry("inference", "inference"),
    entry("learning", "learning"),
    entry("stimulus", "stimulus"),
    entry("right", "right"),
    entry("wrong", "wrong"),
  );
}

function line(context: CanvasRenderingContext2D, middle: number, from: number, to: number): void {
  context.fillStyle = colour("rule-strong");
  context.fillRect(from, Math.round(middle), to - from, 1);
}

function paintTask(lane: Lane, log: TaskLog, from: number, to: number): void {
  const { context, middle, x } = lane;
  line(context, middle, x(Math.max(0, from)), x(to));
  const { phases } = log;
  const firstShown = phases.findIndex((_, index) => (phases[index + 1]?.tick ?? to) >= from);
  if (firstShown < 0) return;
  const shown = phases.slice(firstShown);
  for (const [index, entry] of shown.entries()) {
    paintBand(lane, entry, shown[index + 1]?.tick ?? to);
  }
  for (const [index, entry] of shown.entries()) {
    if (entry.phase === "inference") paintStimulus(lane, entry);
    const answered = shown[index - 1]?.phase === "inference";
    if (answered) paintAnswer(lane, entry.tick, log.accuracyOf(entry.trial));
  }
}

function paintBand({ context, middle, x }: Lane, { phase, tick }: PhaseEntry, end: number): void {
  if (phase === "waiting" || end <= tick) return;
  context.fillStyle = colour(phase);
  context.fillRect(x(tick), middle - BAND_HEIGHT / 2, x(end) - x(tick), BAND_HEIGHT);
}

function paintStimulus({ context, middle, x }: Lane, { tick, trial }: PhaseEntry): void {
  context.fillStyle = colour("panel");
  context.strokeStyle = colour("ink");
  context.lineWidth = 1.5;
  disc(context, x(tick), middle);
  context.stroke();
  context.fillStyle = colour("muted");
  context.font = canvasFont(11);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(countText(trial), x(tick) - 3, middle - MARBLE_RADIUS - 4);
}

/** A trial's answer: a filled marble with a tick when all of the batch was right, else one with a cross. */
function paintAnswer({ context, middle, x }: Lane, tick: number, accuracy: number | undefined): void {
  if (accuracy === undefined) return;
  const at = x(tick);
  context.fillStyle = colour(accuracy >= 0.5 ? "good" : "bad");
  disc(context, at, middle);
  context.strokeStyle = colour("panel");
  context.lineWidth = 1.75;
  context.beginPath();
  if (accuracy >= 0.5) {
    context.moveTo(at - 3, middle);
    context.lineTo(at - 1, middle + 2.5);
    context.lineTo(at + 3.5, middle - 2.5);
  } else {
    context.moveTo(at - 2.5, middle - 2.5);
    context.lineTo(at + 2.5, middle + 2.5);
    context.moveTo(at + 2.5, middle - 2.5);
    context.lineTo(at - 2.5, middle + 2.5);
  }
  context.stroke();
}

function disc(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.arc(x, y, MARBLE_RADIUS, 0, 2 * Math.PI);
  context.fill();
}
