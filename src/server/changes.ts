import type { Simulation, Topic } from "../simulation/simulation.js";
import { encode } from "../wire/codec.js";
import type { TopicsMessage } from "../wire/messages.js";
import { closeCodes } from "../wire/protocol.js";
import type { Channels } from "./channels.js";
import type { Session } from "./session.js";

/**
 * Looks for what changes under the clients of a simulation: with a new epoch they all start anew, since nothing that they
 * have continues; of topics that came or went with a twin they are told.
 * @returns what looks; cheap while nothing has changed
 */
export function watchForChanges(
  simulation: Simulation,
  channels: Channels,
  sessions: ReadonlySet<Session>,
): () => void {
  let { epoch } = simulation.status();
  let topics = simulation.topics;
  let count = topics.length;
  let names = namesOf(topics);
  return () => {
    const now = simulation.status().epoch;
    if (now !== epoch) {
      epoch = now;
      channels.clear();
      for (const session of sessions) {
        if (session.role !== undefined) session.end(closeCodes.resync, "a new epoch has begun");
      }
    }
    if (simulation.topics === topics && topics.length === count) return;
    topics = simulation.topics;
    count = topics.length;
    if (namesOf(topics) === names) return;
    names = namesOf(topics);
    const bytes = encode({ op: "topics", topics } satisfies TopicsMessage);
    for (const session of sessions) session.broadcast(bytes);
  };
}

const namesOf = (topics: readonly Topic[]): string => topics.map(({ topic }) => topic).join("\n");
