import type { RecordedTopic } from "../command.js";
import type { Engine } from "../engine.js";
import { refuse } from "../interventions/ranges.js";
import type { Topic } from "../simulation.js";
import { checkWatch } from "../watching/check-watch.js";
import { topicsOf } from "../watching/topics.js";

/** All that can be recorded: what has units, and records. */
export const knownTopics = ({ run, net, parts }: Engine): Topic[] =>
  [...topicsOf(run.network, net.state.parameters), ...parts.flatMap(({ topics = [] }) => topics)].filter(
    ({ payload }) => payload !== "lanes",
  );

/** @throws EddyError INVALID_ARGUMENT for a topic that cannot be recorded like that, or one that is named twice */
export function checkTopics(engine: Engine, topics: readonly RecordedTopic[]): void {
  const known = knownTopics(engine);
  const names = new Set<string>();
  for (const recorded of topics) {
    checkWatch(known, engine.run.batch, recorded);
    if (names.has(recorded.topic)) throw refuse("topics", recorded.topic, "each topic once");
    names.add(recorded.topic);
  }
}
