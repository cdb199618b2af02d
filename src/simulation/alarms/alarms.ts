import { z } from "zod";
import { messageOf } from "../../errors.js";
import { validate } from "../../model/validate.js";
import type { NetworkEvent } from "../../streams/events.js";
import type { AlarmCondition, KeepingCommand } from "../command.js";
import type { Engine } from "../engine.js";
import { inRange, named, oneOf, refuse, wholeInRange } from "../interventions/ranges.js";
import type { Pacing } from "../pacing.js";
import type { Part, PartCommand, PartMemory, SimulationEvent } from "../part.js";
import type { SimulationStatus } from "../simulation.js";
import { accuracyGauge, type Gauge, radiusGauge, residualGauge } from "./alarm-gauges.js";

type SetAlarm = Extract<KeepingCommand, { kind: "alarm" }>;

const alarmsMax = 64;

/** An alarm in a checkpoint; what is looked at is checked as that of a command. */
const keptSchema = z.array(
  z.strictObject({
    name: z.string(),
    when: z.looseObject({ measure: z.string() }),
    action: z.enum(["tell", "pause", "checkpoint", "stop"]),
    raised: z.boolean(),
    gauge: z.array(z.number().nullable()),
  }),
);

interface Alarm extends Omit<SetAlarm, "kind"> {
  /** null: what the guard tells is what it looks at */
  readonly gauge: Gauge | null;
  raised: boolean;
}

/** What alarms do besides telling. */
export interface AlarmActions {
  readonly pacer: Pacing;
  /** Writes a checkpoint; null where none are kept. */
  readonly checkpoint: (() => Promise<unknown> | null) | null;
}

function checkBounds(
  when: { readonly above?: number; readonly below?: number },
  least: number,
  most: number,
): void {
  const { above, below } = when;
  if (above === undefined && below === undefined) throw refuse("when", when, "above, below, or both");
  if (above !== undefined) inRange("when.above", above, least, most);
  if (below !== undefined) inRange("when.below", below, least, most);
}

/** @throws EddyError INVALID_ARGUMENT for what this network does not have */
function gaugeOf(engine: Engine, when: AlarmCondition): Gauge | null {
  const { tasks, modules } = engine.run.network;
  switch (when.measure) {
    case "accuracy": {
      const task = named("when.task", tasks, when.task);
      if (task.target !== "class")
        throw refuse("when.task", when.task, "a task whose targets are classes: others have no accuracy");
      wholeInRange("when.over", when.over, 1, 100_000);
      checkBounds(when, 0, 1);
      return accuracyGauge(engine, task, when.over);
    }
    case "residual":
      named("when.module", modules, when.module);
      checkBounds(when, 0, Number.MAX_VALUE);
      return residualGauge(engine, when.module);
    case "spectralRadius":
      named("when.module", modules, when.module);
      checkBounds(when, 0, Number.MAX_VALUE);
      return radiusGauge(engine, when.module);
    case "notFinite":
      return null;
    default:
      throw refuse(
        "when.measure",
        Reflect.get(when, "measure"),
        oneOf(["accuracy", "residual", "spectralRadius", "notFinite"]),
      );
  }
}

const meets = (when: AlarmCondition, value: number): boolean =>
  ("above" in when && when.above !== undefined && value > when.above) ||
  ("below" in when && when.below !== undefined && value < when.below);

/** What is looked at, as events name it. */
function subjectOf(when: AlarmCondition): Record<string, string | number> {
  switch (when.measure) {
    case "accuracy":
      return { measure: when.measure, task: when.task, over: when.over };
    case "residual":
    case "spectralRadius":
      return { measure: when.measure, module: when.module };
    case "notFinite":
      return { measure: when.measure };
  }
}

/**
 * The alarms of a simulation, none at first. Each is looked at where phases end, and the clock waits for what it reads,
 * so that the same run raises the same alarms at the same ticks. One that was raised stays so until its condition is
 * gone; then it is armed again. What they look at begins anew with every epoch. Checkpoints keep them.
 */
class Alarms implements Part {
  readonly #engine: Engine;
  readonly #actions: AlarmActions;
  readonly #set = new Map<string, Alarm>();
  readonly memory: PartMemory;
  #looking: Promise<void> | null = null;

  constructor(engine: Engine, actions: AlarmActions) {
    this.#engine = engine;
    this.#actions = actions;
    this.memory = { name: "alarms", keep: () => this.#keep(), recall: (kept) => this.#recall(kept) };
  }

  see(event: NetworkEvent): void {
    for (const { gauge } of this.#set.values()) gauge?.see(event);
  }

  told(event: SimulationEvent): void {
    if (event.kind === "epoch") for (const { gauge } of this.#set.values()) gauge?.restart();
    if (event.kind !== "notFinite" && event.kind !== "finite") return;
    for (const alarm of this.#set.values())
      if (alarm.when.measure === "notFinite") this.#heed(alarm, event.kind === "notFinite", null);
  }

  ticked(): void {
    const looks = [...this.#set.values()].flatMap((alarm) => {
      const look = alarm.gauge?.look();
      return look ? [[alarm, look] as const] : [];
    });
    if (looks.length === 0) return;
    const settled = this.#settle(looks);
    this.#looking = settled;
    const done = () => {
      if (this.#looking === settled) this.#looking = null;
    };
    // whoever holds the clock hears of a failure
    settled.then(done, done);
  }

  hold(): Promise<void> | null {
    return this.#looking;
  }

  status(): Partial<SimulationStatus> {
    const states = [...this.#set].map(([name, { raised }]) => [name, raised ? "raised" : "armed"] as const);
    return { alarms: Object.fromEntries(states) };
  }

  command(command: PartCommand): Promise<{ readonly name: string }> | null {
    if (command.kind !== "alarm" && command.kind !== "disarm") return null;
    return Promise.resolve().then(() =>
      command.kind === "alarm" ? this.#add(command) : this.#disarm(command.name),
    );
  }

  async close(): Promise<void> {
    await this.#looking?.catch(() => {});
    for (const { gauge } of this.#set.values()) gauge?.close();
  }

  #add({ name, when, action }: Omit<SetAlarm, "kind">): { name: string } {
    if (action === "checkpoint" && !this.#actions.checkpoint)
      throw refuse("action", action, `${oneOf(["tell", "pause", "stop"])}: no checkpoints are kept here`);
    const before = this.#set.get(name);
    if (!before && this.#set.size >= alarmsMax)
      throw refuse("name", name, `one of the ${alarmsMax} that there are`);
    const gauge = gaugeOf(this.#engine, when);
    before?.gauge?.close();
    this.#set.set(name, { name, when, action, gauge, raised: false });
    return { name };
  }

  #disarm(name: string): { name: string } {
    named("name", this.#set, name).gauge?.close();
    this.#set.delete(name);
    return { name };
  }

  async #keep(): Promise<unknown> {
    await this.#looking?.catch(() => {});
    return [...this.#set.values()].map(({ gauge, ...alarm }) => ({ ...alarm, gauge: gauge?.keep() ?? [] }));
  }

  #recall(kept: unknown): void {
    for (const { raised, gauge, ...alarm } of validate(
      keptSchema,
      kept,
      "checkpoint.progress.parts.alarms",
    )) {
      // a checkpoint may be gone on from where none are kept
      const action = alarm.action === "checkpoint" && !this.#actions.checkpoint ? "tell" : alarm.action;
      this.#add({ ...alarm, when: alarm.when as AlarmCondition, action });
      const recalled = this.#set.get(alarm.name);
      if (recalled) recalled.raised = raised;
      recalled?.gauge?.recall(gauge);
    }
  }

  async #settle(looks: readonly (readonly [Alarm, Promise<number | null>])[]): Promise<void> {
    const values = await Promise.all(looks.map(([, look]) => look));
    for (const [i, [alarm]] of looks.entries()) {
      const value = values[i];
      if (value !== null && Number.isFinite(value)) this.#heed(alarm, meets(alarm.when, value), value);
    }
  }

  #heed(alarm: Alarm, holds: boolean, value: number | null): void {
    if (holds === alarm.raised || this.#set.get(alarm.name) !== alarm) return;
    alarm.raised = holds;
    const { name, when, action } = alarm;
    const { tick } = this.#engine.net.state;
    this.#engine.tell({ kind: holds ? "alarm" : "alarmOver", tick, name, ...subjectOf(when), value, action });
    if (holds) this.#act(alarm);
  }

  #act({ name, action }: Alarm): void {
    const { pacer, checkpoint } = this.#actions;
    switch (action) {
      case "tell":
        return;
      case "pause":
        pacer.apply({ kind: "pause" });
        return;
      case "checkpoint":
        void checkpoint?.()?.catch((error) => {
          const { tick } = this.#engine.net.state;
          this.#engine.tell({ kind: "alarmFailed", tick, name, reason: messageOf(error) });
        });
        return;
      case "stop":
        pacer.end();
    }
  }
}

/** The part that has the alarms of a simulation. */
export const alarms = (engine: Engine, actions: AlarmActions): Part => new Alarms(engine, actions);
