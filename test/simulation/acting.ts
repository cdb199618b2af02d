import { afterEach } from "vitest";
import { type SimulateOptions, simulate } from "../../src/simulation/simulate.js";
import type { Frame, Simulation } from "../../src/simulation/simulation.js";
import { until } from "./running.js";

export type Told = Readonly<Record<string, unknown>> & { readonly kind: string; readonly tick: number };

/** A simulation with all its parts, in this thread. */
export interface Acting {
  readonly simulation: Simulation;
  /** what it told on the topic of events so far, of one kind */
  told(kind: string): Told[];
  /** Watches a topic, and gives the payloads of its frames so far. */
  payloads(topic: string): Promise<() => Frame["payload"][]>;
  /** Makes so many ticks, and waits until their frames are there. */
  step(ticks: number): Promise<void>;
  /** resolves when its frames end, rejects with their failure */
  readonly ended: Promise<void>;
}

const opened: Acting[] = [];
afterEach(async () => {
  for (const { simulation, ended } of opened.splice(0)) {
    await simulation.close();
    await ended.catch(() => {});
  }
});

/** Opens a scene with its guard, alarms and worlds; it begins paused, and its events are watched. */
export async function acting(value: unknown, options: SimulateOptions = {}): Promise<Acting> {
  const simulation = await simulate(value, { backend: "reference", paused: true, ...options });
  const frames: Frame[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    simulation.frames.subscribe({ next: (frame) => frames.push(frame), complete: resolve, error: reject });
  });
  ended.catch(() => {});
  const payloads = async (topic: string) => {
    const handle = await simulation.watch({ topic, every: 1 });
    return () => frames.filter(({ watch }) => watch === handle).map(({ payload }) => payload);
  };
  const events = await payloads("events");
  const result: Acting = {
    simulation,
    told: (kind) => (events() as Told[]).filter((event) => event.kind === kind),
    payloads,
    async step(ticks) {
      const target = simulation.status().tick + ticks;
      await simulation.command({ kind: "step", ticks });
      await until(() => simulation.status().tick === target);
      // reads of the reference backend are done within a turn of the event loop
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    ended,
  };
  opened.push(result);
  return result;
}
