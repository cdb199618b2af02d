import type { Welcome, WireCommand, WireStatus } from "../../src/wire/index.js";
import { AccuracyPanel } from "./accuracy.js";
import { CommandLog } from "./command-log.js";
import { type Connection, textOf } from "./connection.js";
import { LearningPanel, RunPanel } from "./controls.js";
import { element } from "./dom.js";
import type { Feed, Feeds } from "./feeds.js";
import { GatesPanel } from "./gates.js";
import { LanesPanel } from "./lanes.js";
import { OutputPanel } from "./output-bars.js";
import { gateRecord, phaseRecord, trialRecord } from "./records.js";
import type { Scheduler } from "./scheduler.js";
import type { Panel, Session } from "./session.js";
import { TaskLog } from "./store/task-log.js";
import { ModulePanel } from "./traces.js";

const OUTPUT = "output/";
/** State and error. */
const FEEDS_OF_A_MODULE = 2;

interface NetworkPageOptions {
  /** ticks a frame, to begin with */
  readonly every: number;
  readonly isFrozen: () => boolean;
  /** the user lets the simulation run again */
  readonly beforeResume: () => void;
  /** the user has paused it, or let it run again */
  readonly paused: (isPaused: boolean) => void;
}

/** All that is shown of one network: made when its description comes, closed when another's does. */
export class NetworkPage {
  readonly element: HTMLElement;
  readonly #panels: readonly Panel[];
  readonly #feeds: Feed[] = [];
  readonly #lanes: LanesPanel;
  readonly #run: RunPanel;
  readonly #log = new CommandLog();
  readonly #session: Session;

  constructor(
    welcome: Welcome,
    private readonly connection: Connection,
    feeds: Feeds,
    scheduler: Scheduler,
    private readonly options: NetworkPageOptions,
  ) {
    const session: Session = {
      info: welcome.info,
      role: welcome.role,
      topics: new Map(welcome.topics.map((topic) => [topic.topic, topic])),
      subscriptionsMax: welcome.limits.subscriptionsMax,
      feeds,
      scheduler,
      tasks: new Map(welcome.info.tasks.map((task) => [task, new TaskLog(task)])),
      isFrozen: options.isFrozen,
      steer: (command, summary) => this.#steer(command, summary),
    };
    this.#session = session;
    this.#run = new RunPanel(session);
    this.#lanes = new LanesPanel(session);
    const steering: readonly Panel[] = [this.#run, new GatesPanel(session), new LearningPanel(session)];
    const accuracies = [...session.tasks.values()].map((log) => new AccuracyPanel(session, log));
    const outputs = outputTopics(welcome).map(
      ({ readout, units }) => new OutputPanel(session, readout, units),
    );
    this.#watchTasks(accuracies);
    const modules = this.#modulePanels(accuracies.length + outputs.length + 1);
    this.#panels = [...steering, this.#lanes, ...accuracies, ...outputs, ...modules];
    this.element = layOut(steering, this.#log, this.#lanes, [...accuracies, ...outputs], modules, welcome);
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
    if (key === " ") this.#run.toggle();
    else if (key === ".") this.#run.step(1);
    else return false;
    return true;
  }

  problem(message: string): void {
    this.#log.refused("the server", message);
  }

  close(): void {
    for (const feed of this.#feeds) feed.close();
    for (const panel of this.#panels) panel.close?.();
  }

  async #steer(command: WireCommand, summary: string): Promise<number> {
    if (command.kind === "resume") this.options.beforeResume();
    try {
      const reply = await this.connection.ask({ op: "cmd", command });
      const tick = reply.to === "cmd" ? reply.tick : 0;
      this.#log.applied(summary, tick);
      if (command.kind === "resume") this.options.paused(false);
      if (command.kind === "pause" || command.kind === "step") this.options.paused(true);
      return tick;
    } catch (error) {
      this.#log.refused(summary, textOf(error));
      throw error;
    }
  }

  #watchTasks(accuracies: readonly AccuracyPanel[]): void {
    const { feeds, tasks, topics } = this.#session;
    if (topics.has("events")) {
      this.#feeds.push(feeds.open("events", { frame: (tick, payload) => this.#event(tick, payload) }));
    }
    for (const [index, log] of [...tasks.values()].entries()) {
      if (!topics.has(`metrics/${log.task}`)) continue;
      const frame = (_tick: number, payload: unknown) => {
        const trial = trialRecord(payload);
        if (!trial) return;
        log.addTrial(trial);
        accuracies[index].changed();
      };
      this.#feeds.push(feeds.open(`metrics/${log.task}`, { frame }));
    }
  }

  #event(tick: number, payload: unknown): void {
    const phase = phaseRecord(payload);
    if (phase) this.#session.tasks.get(phase.task)?.addPhase(tick, phase);
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

function outputTopics({ topics }: Welcome): readonly { readout: string; units: number }[] {
  return topics
    .filter(({ topic, units }) => topic.startsWith(OUTPUT) && units !== undefined)
    .map(({ topic, units }) => ({ readout: topic.slice(OUTPUT.length), units: units ?? 0 }));
}

function layOut(
  steering: readonly Panel[],
  log: CommandLog,
  lanes: Panel,
  results: readonly Panel[],
  modules: readonly Panel[],
  { role }: Welcome,
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
      log.element,
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
