import { systemTimer, type Timer } from "../../streams/clock.js";
import { askedFor, type StimulusDoor } from "../../streams/stimulus-door.js";
import type { Engine } from "../engine.js";
import type { Pacing } from "../pacing.js";
import type { Part } from "../part.js";
import type { Run } from "../run-description.js";
import { World } from "./world.js";

/** The tasks of a run whose stimuli a client brings. */
export interface Worlds {
  /** by task: these ask the client */
  readonly doors: ReadonlyMap<string, StimulusDoor>;
  part(engine: Engine, pacer: Pacing): Part;
}

const prefix = "world/";

/** The part through which clients and the tasks that they are the world of talk. */
function worldsPart(worlds: ReadonlyMap<string, World>, engine: Engine, pacer: Pacing): Part {
  for (const world of worlds.values()) world.begin(engine);
  const paces = pacer.pace.subscribe(() => {
    for (const world of worlds.values()) world.setRunning(!pacer.paused());
  });
  const worldOf = (topic: string) =>
    topic.startsWith(prefix) ? worlds.get(topic.slice(prefix.length)) : undefined;
  return {
    topics: [...worlds.keys()].map((task) => ({ topic: `${prefix}${task}`, payload: "record" })),
    see(event) {
      if (event.kind === "phase" && event.phase === "inference")
        worlds.get(event.task)?.trialBegan(event.trial);
    },
    told(event) {
      if (event.kind === "epoch") for (const world of worlds.values()) world.restart();
    },
    applied({ command }) {
      if (command.kind === "stimulus") worlds.get(command.task)?.answered();
    },
    watched: (topic, watchers) => worldOf(topic)?.setWatchers(watchers),
    present: (topic) => worldOf(topic)?.present() ?? null,
    hold() {
      const waits = [...worlds.values()].flatMap((world) => world.hold() ?? []);
      return waits.length > 0 ? Promise.all(waits) : null;
    },
    status: () => ({ worlds: Object.fromEntries([...worlds].map(([task, { state }]) => [task, state])) }),
    async close() {
      paces.unsubscribe();
      for (const world of worlds.values()) world.close();
    },
  };
}

/**
 * The worlds of a run's tasks.
 * @param silent nobody is asked, as in a replay, whose log has the answers
 */
export function openWorlds(
  { stimuli, network, batch }: Run,
  silent: boolean,
  timer: Timer = systemTimer,
): Worlds {
  const worlds = new Map<string, World>();
  const doors = new Map<string, StimulusDoor>();
  for (const task of network.tasks.values()) {
    const described = stimuli[task.name];
    if (described?.source !== "client") continue;
    const world = new World(
      {
        task: task.name,
        topic: `${prefix}${task.name}`,
        batch,
        inputs: network.inputs.get(task.input) ?? 0,
        outputs: network.readouts.get(task.readout)?.size ?? 0,
        waits: described.late === "wait",
        timeoutMs: described.timeoutMs,
      },
      timer,
    );
    worlds.set(task.name, world);
    doors.set(
      task.name,
      askedFor(() => (silent ? () => {} : world.connect())),
    );
  }
  return { doors, part: (engine, pacer) => (silent ? {} : worldsPart(worlds, engine, pacer)) };
}
