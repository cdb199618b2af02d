import { z } from "zod";
import { validate } from "../model/validate.js";
import { accuracyGauge, type Gauge, radiusGauge, residualGauge } from "./alarm-gauges.js";
import type { AlarmCondition, KeepingCommand } from "./command.js";
import type { Engine } from "./engine.js";
import { inRange, named, oneOf, refuse, wholeInRange } from "./interventions/ranges.js";
import type { Pacing } from "./pacing.js";
import type { Part, PartMemory } from "./part.js";

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
export function alarms(engine: Engine, { pacer, checkpoint }: AlarmActions): Part {
  const set = new Map<string, Alarm>();
  let looking: Promise<void> | null = null;

  const act = (alarm: Alarm): void => {
    switch (alarm.action) {
      case "tell":
        return;
      case "pause":
        pacer.apply({ kind: "pause" });
        return;
      case "checkpoint":
        void checkpoint?.()?.catch((error) =>
          engine.tell({
            kind: "alarmFailed",
            tick: engine.net.state.tick,
            name: alarm.name,
            why: error instanceof Error ? error.message : String(error),
          }),
        );
        return;
      case "stop":
        pacer.end();
    }
  };
  const heed = (alarm: Alarm, holds: boolean, value: number | null): void => {
    if (holds === alarm.raised || set.get(alarm.name) !== alarm) return;
    alarm.raised = holds;
    const { name, when, action } = alarm;
    const { tick } = engine.net.state;
    engine.tell({ kind: holds ? "alarm" : "alarmOver", tick, name, ...subjectOf(when), value, action });
    if (holds) act(alarm);
  };
  const settle = async (looks: readonly (readonly [Alarm, Promise<number | null>])[]): Promise<void> => {
    const values = await Promise.all(looks.map(([, look]) => look));
    for (const [i, [alarm]] of looks.entries()) {
      const value = values[i];
      if (value !== null && Number.isFinite(value)) heed(alarm, meets(alarm.when, value), value);
    }
  };
  const carryOut = (command: SetAlarm): Record<string, string> => {
    const { name, when, action } = command;
    if (action === "checkpoint" && !checkpoint)
      throw refuse("action", action, `${oneOf(["tell", "pause", "stop"])}: no checkpoints are kept here`);
    if (!set.has(name) && set.size >= alarmsMax)
      throw refuse("name", name, `one of the ${alarmsMax} that there are`);
    const gauge = gaugeOf(engine, when);
    set.get(name)?.gauge?.close();
    set.set(name, { name, when, action, gauge, raised: false });
    return { name };
  };

  const memory: PartMemory = {
    name: "alarms",
    keep: () => [...set.values()].map(({ gauge, ...alarm }) => ({ ...alarm, gauge: gauge?.keep() ?? [] })),
    recall(kept) {
      for (const { raised, gauge, ...alarm } of validate(
        keptSchema,
        kept,
        "checkpoint.progress.parts.alarms",
      )) {
        // a checkpoint may be gone on from where none are kept
        const action = alarm.action === "checkpoint" && !checkpoint ? "tell" : alarm.action;
        carryOut({ kind: "alarm", ...alarm, when: alarm.when as AlarmCondition, action });
        const recalled = set.get(alarm.name);
        if (recalled) recalled.raised = raised;
        recalled?.gauge?.recall(gauge);
      }
    },
  };

  return {
    memory,
    see(event) {
      for (const { gauge } of set.values()) gauge?.see(event);
    },
    told(event) {
      if (event.kind === "epoch") for (const { gauge } of set.values()) gauge?.restart();
      if (event.kind !== "notFinite" && event.kind !== "finite") return;
      for (const alarm of set.values())
        if (alarm.when.measure === "notFinite") heed(alarm, event.kind === "notFinite", null);
    },
    ticked() {
      const looks = [...set.values()].flatMap((alarm) => {
        const look = alarm.gauge?.look();
        return look ? [[alarm, look] as const] : [];
      });
      if (looks.length === 0) return;
      const settled = settle(looks);
      looking = settled;
      settled
        .catch(() => {})
        .finally(() => {
          if (looking === settled) looking = null;
        });
    },
    hold: () => looking,
    status: () => ({
      alarms: Object.fromEntries([...set].map(([name, { raised }]) => [name, raised ? "raised" : "armed"])),
    }),
    command(command) {
      switch (command.kind) {
        case "alarm":
          return Promise.resolve().then(() => carryOut(command));
        case "disarm": {
          const alarm = set.get(command.name);
          alarm?.gauge?.close();
          return set.delete(command.name)
            ? Promise.resolve({ name: command.name })
            : Promise.reject(refuse("name", command.name, oneOf(set.keys())));
        }
        default:
          return null;
      }
    },
    async close() {
      await looking?.catch(() => {});
      for (const { gauge } of set.values()) gauge?.close();
    },
  };
}
