import type { Applied, Command } from "../command.js";
import { isClockCommand } from "../pacing.js";
import { type Relay, relay } from "../relay.js";
import type { Simulation, Topic } from "../simulation.js";

/** How often a twin is told how far the original is, ms. */
const followMs = 20;

/** A simulation that runs on beside the one it branched off. */
export interface Twin {
  readonly simulation: Simulation;
  readonly relay: Relay;
  /** its topics and its differences to the original */
  topics(): readonly Topic[];
  status(): { readonly tick: number; readonly paused: boolean };
  /** One that changes its clock makes it go its own way. */
  command(command: Command): Promise<Applied>;
  close(): Promise<void>;
}

/** The topics of a twin of this name, as they are called beside those of the original. */
const topicsOf = (name: string, topics: readonly Topic[]): Topic[] => [
  ...topics.map((topic) => ({ ...topic, topic: `${name}:${topic.topic}` })),
  ...topics
    .filter(({ payload }) => payload === "tensor")
    .map((topic) => ({ ...topic, topic: `difference:${name}/${topic.topic}` })),
];

/** Has a paused simulation follow the original, as fast as it can up to its tick, until told otherwise. */
export function twin(name: string, simulation: Simulation, original: Simulation): Twin {
  let following = true;
  const follow = () => {
    const { tick } = original.status();
    if (simulation.status().tick >= tick) return;
    // its own failure ends its frames, which whoever holds it hears
    simulation.command({ kind: "runUntil", tick }).catch(() => {});
  };
  const timer = setInterval(follow, followMs);
  const leave = () => {
    following = false;
    clearInterval(timer);
  };
  return {
    simulation,
    relay: relay(simulation),
    topics: () => topicsOf(name, simulation.topics),
    status() {
      const { tick, paused } = simulation.status();
      return { tick, paused: following ? original.status().paused : paused };
    },
    async command(command) {
      const applied = await simulation.command(command);
      if (isClockCommand(command)) leave();
      return applied;
    },
    async close() {
      leave();
      await simulation.close();
    },
  };
}
