import { EddyError } from "../errors.js";
import type { Topic, Watch } from "../simulation/simulation.js";
import type { SubReply } from "../wire/messages.js";
import type { Sub } from "../wire/requests.js";
import type { Channel } from "./channels.js";
import type { Delivery } from "./outbox.js";

/**
 * What a `sub` asks the simulation to watch.
 * @throws EddyError INVALID_ARGUMENT when there is no such topic, or it has no such units or options
 */
export function watchOf(request: Sub, topics: readonly Topic[]): { topic: Topic; watch: Watch } {
  const topic = topics.find((candidate) => candidate.topic === request.topic);
  if (!topic) {
    const names = topics.map((candidate) => candidate.topic);
    const some = names.slice(0, 8).join(", ");
    throw new EddyError(
      "INVALID_ARGUMENT",
      `topic "${request.topic}" is none of the ${names.length}: ${some}, ...`,
    );
  }
  const every = request.every ?? 1;
  if (topic.payload === "record") {
    if (every === 1 && request.units === undefined && request.row === undefined) {
      return { topic, watch: { topic: topic.topic, every } };
    }
    throw new EddyError(
      "INVALID_ARGUMENT",
      `topic "${topic.topic}" is of records: it has no units, no row and every 1`,
    );
  }
  const { units, row } = request;
  const size = topic.units ?? 0;
  if (units && (units.start >= units.end || units.end > size)) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `units ${units.start} to ${units.end} of "${topic.topic}": start < end <= ${size} is needed`,
    );
  }
  return {
    topic,
    watch: { topic: topic.topic, every, ...(units && { units }), ...(row !== undefined && { row }) },
  };
}

/** Tensors matter only at their latest; of records none may be missing. */
export function deliveryOf(topic: Topic): Delivery {
  if (topic.payload === "tensor") return "conflated";
  return topic.topic === "events" ? "events" : "metrics";
}

/** The reply to `sub`: all that a client needs to read the channel's frames. */
export function subReply(id: number, channel: Channel): SubReply {
  const { topic, watch } = channel;
  const common = {
    op: "reply",
    to: "sub",
    id,
    channel: channel.number,
    topic: topic.topic,
    payload: topic.payload,
    delivery: deliveryOf(topic) === "conflated" ? "conflated" : "lossless",
    seq: channel.nextSeq,
    every: watch.every,
  } as const;
  if (topic.payload === "record") return common;
  const units = watch.units ?? { start: 0, end: topic.units ?? 0, every: 1 };
  const chosen = Math.ceil((units.end - units.start) / units.every);
  return {
    ...common,
    dtype: "float32",
    shape: [chosen],
    units,
    ...(watch.row !== undefined && { row: watch.row }),
  };
}
