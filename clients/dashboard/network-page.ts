import { type CommandInput, type Run, textOf, type WatchOptions } from "eddy/client";
import type { Role, WireStatus } from "eddy/wire";
import { AccuracyPanel } from "./accuracy.js";
import type { CommandLog } from "./command-log.js";
import { LearningPanel, RunPanel } from "./controls.js";
import { element } from "./dom.js";
import { EventsPanel } from "./events.js";
import { Feed, type FeedListener } from "./feed.js";
import { GatesPanel } from "./gates.js";
import { KeepingPanel } from "./keeping.js";
import { LanesPanel } from "./lanes.js";
import { OutputPanel } from "./output-bars.js";
import { pastOf } from "./past.js";
import { gateRecord, phaseRecord, trialRecord } from "./records.js";
import type { Scheduler } from "./scheduler.js";
import type { Panel, Session } from "./session.js";
import { TaskLog } from "./store/task-log.js";
import { ModulePanel } from "./traces.js";

const OUTPUT = "output/";
/** As wide as a screen shows, and more. */
const PAST_TICKS = 600;
/** Events, and for a moment lanes. */
const FEEDS_OF_THE_PAST = 2;
/** State and error. */
const FEEDS_OF_A_MODULE = 2;

interface NetworkPageOptions {
  /** what was asked of the run, in whatever epoch */
  readonly log: CommandLog;
  /** ticks a frame, to begin with */
  readonly every: number;
  readonly isFrozen: () => boolean;
  /** the user lets the simulation run again */
  readonly beforeResume: () => void;
  /** the user has paused it, or let it run again */
  readonly paused: (isPaused: boolean) => void;
  /** a frame of this tick has come */
  readonly seen: (tick: number) => void;
}

/** All that is shown of one network: made when its description comes, closed when another's does. */
export class NetworkPage {
  readonly element: HTMLElement;
  readonly #panels: readonly Panel[];
  readonly #feeds: Feed[] = [];
  readonly #lanes: LanesPanel;
  readonly #controls: RunPanel;
  readonly #events = new EventsPanel();
  readonly #session: Session;
  /** of the first event that came */
  #firstTick = Number.POSITIVE_INFINITY;

  constructor(
    private readonly run: Run,
    scheduler: Scheduler,
    private readonly options: NetworkPageOptions,
  ) {
    const session: Session = {
      info: run.info,
      role: run.role,
      topics: new Map(run.topics.value.map((topic) => [topic.topic, topic])),
      subscriptionsMax: run.limits.subscriptionsMax,
      open: (topic, frame, watchOptions = {}) => this.#open(topic, frame, watchOptions),
      scheduler,
      tasks: new Map(run.info.tasks.map((task) => [task, new TaskLog(task)])),
      isFrozen: options.isFrozen,
      steer: (command, summary) => this.#steer(command, summary),
    };
    this.#session = session;
    this.#controls = new RunPanel(session);
    this.#lanes = new LanesPanel(session);
    const steering: readonly Panel[] = [
      this.#controls,
      new GatesPanel(session),
      new LearningPanel(session),
      new KeepingPanel(session),
    ];
    const accuracies = [...session.tasks.values()].map((log) => new AccuracyPanel(session, log));
    const outputs = outputTopics(run).map(({ readout, units }) => new OutputPanel(session, readout, units));
    this.#watchTasks(accuracies);
    this.#recall();
    const modules = this.#modulePanels(accuracies.length + outputs.length + FEEDS_OF_THE_PAST);
    this.#panels = [...steering, this.#events, this.#lanes, ...accuracies, ...outputs, ...modules];
    this.element = layOut(
      steering,
      [options.log, this.#events],
      this.#lanes,
      [...accuracies, ...outputs],
      modules,
      run.role,
    );
  }

  status(status: WireStatus): void {
    for (const panel of this.#panels) panel.status?.(status);
  }

  every(every: number): void {
    for (const panel of this.#panels) panel.every?.(every);
  }

  advance(tick: number): void {
    this.#lanes.advance(tick);
  }

  frozen(isFrozen: boolean): void {
    this.element.classList.toggle("frozen", isFrozen);
    for (const panel of this.#panels) panel.frozen?.(isFrozen);
  }

  /** @returns whether the key means something here */
  key(key: string): boolean {
    if (this.#session.role === "viewer") return false;
    if (key === " ") this.#controls.toggle();
    else if (key === ".") this.#controls.step(1);
    else return false;
    return true;
  }

  problem(message: string): void {
    this.options.log.refused("the server", message);
  }

  close(): void {
    for (const feed of this.#feeds) feed.close();
    for (const panel of this.#panels) panel.close?.();
  }

  #open(topic: string, frame: FeedListener["frame"], options: WatchOptions): Feed {
    const listener: FeedListener = {
      frame: (tick, payload, lost) => {
        frame(tick, payload, lost);
        this.options.seen(tick);
      },
      // when the connection has ended, the page says so once
      refused: (reason) => {
        if (this.run.link.value.kind === "open") this.problem(reason);
      },
    };
    return new Feed(this.run, topic, listener, options);
  }

  async #steer(command: CommandInput, summary: string): Promise<number> {
    if (command.kind === "resume") this.options.beforeResume();
    try {
      const { tick } = await this.run.command(command);
      this.options.log.applied(summary, tick);
      if (command.kind === "resume") this.options.paused(false);
      if (command.kind === "pause" || command.kind === "step") this.options.paused(true);
      return tick;
    } catch (error) {
      this.options.log.refused(summary, textOf(error));
      throw error;
    }
  }

  #watchTasks(accuracies: readonly AccuracyPanel[]): void {
    const { open, tasks, topics } = this.#session;
    if (topics.has("events")) {
      this.#feeds.push(open("events", (tick, payload) => this.#event(tick, payload)));
    }
    for (const [index, log] of [...tasks.values()].entries()) {
      if (!topics.has(`metrics/${log.task}`)) continue;
      const frame = (_tick: number, payload: unknown) => {
        const trial = trialRecord(payload);
        if (!trial) return;
        log.addTrial(trial);
        accuracies[index].changed();
      };
      this.#feeds.push(open(`metrics/${log.task}`, frame));
    }
  }

  /** Who comes late sees what was before, until what was told meanwhile reaches to the first event. */
  #recall(): void {
    const { open, topics } = this.#session;
    if (!topics.has("lanes")) return;
    const lanes = open(
      "lanes",
      (_tick, payload) => {
        const past = pastOf(payload);
        if (!past) return;
        this.#lanes.recall(past, this.#firstTick);
        // it may be told before `lanes` is there
        if (past.to >= this.#firstTick) queueMicrotask(() => lanes.close());
      },
      { window: { ticks: PAST_TICKS } },
    );
    this.#feeds.push(lanes);
  }

  #event(tick: number, payload: unknown): void {
    this.#firstTick = Math.min(this.#firstTick, tick);
    const phase = phaseRecord(payload);
    if (!phase) this.#events.add(tick, payload);
    else this.#session.tasks.get(phase.task)?.addPhase(tick, phase);
    const gate = gateRecord(payload);
    if (gate) this.#lanes.addGate(tick, gate);
  }

  /** As many modules as the server lets a client watch; the others are named. */
  #modulePanels(feedsTaken: number): readonly ModulePanel[] {
    const names = Object.keys(this.#session.info.modules);
    const room = Math.floor((this.#session.subscriptionsMax - feedsTaken) / FEEDS_OF_A_MODULE);
    const shown = names.slice(0, Math.max(0, room));
    const left = names.slice(shown.length);
    if (left.length > 0) this.problem(`a client may not watch so much at once: ${left.join(", ")} left out`);
    return shown.map((name) => new ModulePanel(this.#session, name, this.options.every));
  }
}

function outputTopics({ topics }: Run): readonly { readout: string; units: number }[] {
  return topics.value
    .filter(({ topic, units }) => topic.startsWith(OUTPUT) && units !== undefined)
    .map(({ topic, units }) => ({ readout: topic.slice(OUTPUT.length), units: units ?? 0 }));
}

function layOut(
  steering: readonly Panel[],
  logs: readonly { readonly element: HTMLElement }[],
  lanes: Panel,
  results: readonly Panel[],
  modules: readonly Panel[],
  role: Role,
): HTMLElement {
  const isViewer = role === "viewer";
  const reason = "You are watching only: commands need the controller's token.";
  const controls = element(
    "fieldset",
    { class: "steering", disabled: isViewer },
    element("legend", { class: "unseen" }, "Steering"),
    ...steering.map((panel) => panel.element),
  );
  return element(
    "div",
    { class: "layout" },
    element(
      "aside",
      { "aria-label": "Steering" },
      ...(isViewer ? [element("p", { class: "notice" }, reason)] : []),
      controls,
      ...logs.map((log) => log.element),
    ),
    element(
      "div",
      { id: "views", tabindex: -1 },
      lanes.element,
      element("div", { class: "results" }, ...results.map((panel) => panel.element)),
      element("div", { class: "modules" }, ...modules.map((panel) => panel.element)),
    ),
  );
}
