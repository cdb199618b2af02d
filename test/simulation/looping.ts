import { openKernels } from "../../src/kernels/backends.js";
import { learningRules } from "../../src/model/learning-rules.js";
import type { Intervention } from "../../src/simulation/command.js";
import { Engine } from "../../src/simulation/engine.js";
import { continueNetwork, openNetwork } from "../../src/simulation/open-network.js";
import { pacing } from "../../src/simulation/pacing.js";
import type { PublishedRecord, SimulationEvent } from "../../src/simulation/part.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { openWorlds } from "../../src/simulation/worlds/worlds.js";
import { manualTimer } from "./watching/manual-timer.js";

/** A task whose stimuli are a client's: inference 6 ticks, learning 4. */
export const loop = (client: object = {}, batch = 1) => ({
  network: { preset: "chain", modules: 1, neurons: 32, inputs: 2, outputs: 2, task: "steer" },
  batch,
  schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
  stimuli: { steer: { source: "client", ...client } },
});
export const topic = "world/steer";

export const answer = (trial: number | null, batch = 1): Intervention => ({
  kind: "stimulus",
  task: "steer",
  input: new Float32Array(2 * batch).fill(0.5),
  target: Float32Array.from({ length: 2 * batch }, (_, i) => 1 - (i % 2)),
  trial,
});

/** An engine with its worlds, whose ticks and time the test makes. */
export async function looping(client: object = {}, { batch = 1, silent = false, paused = false } = {}) {
  const kernels = await openKernels("reference");
  const run = resolveRun(loop(client, batch));
  const time = manualTimer();
  const worlds = openWorlds(run, silent, time.timer);
  const rule = learningRules.EPE;
  const engine = new Engine({
    kernels,
    run,
    open: (state) =>
      state
        ? continueNetwork(kernels, run, worlds.doors, rule, state)
        : openNetwork(kernels, run, worlds.doors, rule),
  });
  const pacer = pacing(null, paused, () => engine.net.state.tick);
  const part = worlds.part(engine, pacer);
  const events: SimulationEvent[] = [];
  const published: PublishedRecord[] = [];
  engine.attach(part);
  engine.attach({
    told: (event) => void events.push(event),
    published: (record) => void published.push(record),
  });
  /** Ticks until the clock has to wait, at most so many. @returns ticks made */
  const ticks = async (count: number): Promise<number> => {
    for (let made = 0; made < count; made++) {
      const held = engine.hold();
      const isHeld =
        held && (await Promise.race([held.then(() => false), new Promise((r) => setTimeout(r, 5, true))]));
      if (isHeld) return made;
      engine.tick();
    }
    return count;
  };
  return {
    kernels,
    engine,
    pacer,
    part,
    ...time,
    ticks,
    published,
    watch: (watchers: number) => part.watched?.(topic, watchers),
    answer: (trial: number | null) => engine.intervene(answer(trial, batch), "client"),
    state: () => part.status?.().worlds?.steer,
    states: () =>
      events.filter(({ kind }) => kind === "world").map(({ state, trial }) => `${state} ${trial}`),
  };
}
