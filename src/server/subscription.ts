import { EddyError } from "../errors.js";
import type { Topic, Watch } from "../simulation/simulation.js";
import type { SubReply } from "../wire/messages.js";
import type { Sub } from "../wire/requests.js";
import type { Channel } from "./channels.js";
import { type Delivering, deliveringOf } from "./delivery.js";

/** What a `sub` asks for. */
interface Requested {
  readonly topic: Topic;
  readonly watch: Watch;
  readonly delivering: Delivering;
}

/**
 * What a `sub` asks the simulation to watch, and how it wants to get it.
 * @param topics those that there are now; twins come and go
 * @throws EddyError INVALID_ARGUMENT when there is no such topic, or it has no such units or options
 */
export function requestedOf(request: Sub, topics: readonly Topic[]): Requested {
  const topic = topics.find((candidate) => candidate.topic === request.topic);
  if (!topic) {
    const names = topics.map((candidate) => candidate.topic);
    const some = names.slice(0, 8).join(", ");
    throw new EddyError(
      "INVALID_ARGUMENT",
      `topic "${request.topic}" is none of the ${names.length}: ${some}, ...`,
    );
  }
  checkUnits(request, topic);
  return { topic, watch: watchOf(request, topic), delivering: deliveringOf(topic, request.delivery) };
}

function checkUnits({ units }: Sub, { topic, payload, units: size = 0 }: Topic): void {
  if (!units || payload !== "tensor") return;
  if (units.start >= units.end || units.end > size) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `units ${units.start} to ${units.end} of "${topic}": start < end <= ${size} is needed`,
    );
  }
}

/** The watch of a topic; a record is watched as it is. */
function watchOf({ every = 1, hzMax, units, row, reduce, window }: Sub, { topic, payload }: Topic): Watch {
  if (payload === "tensor") {
    if (window === undefined) return withoutUndefined({ topic, every, hzMax, units, row, reduce });
    throw new EddyError("INVALID_ARGUMENT", `topic "${topic}" is of values: it has no window`);
  }
  if (units !== undefined || row !== undefined || reduce !== undefined) {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `topic "${topic}" is of records: it has no units, no row and no reduce`,
    );
  }
  if (payload === "lanes") return withoutUndefined({ topic, every, hzMax, window });
  if (every === 1 && window === undefined) return withoutUndefined({ topic, every, hzMax });
  throw new EddyError("INVALID_ARGUMENT", `topic "${topic}" is of records: it has every 1 and no window`);
}

/** The same options make the same watch, however they were written. */
function withoutUndefined(watch: Watch): Watch {
  return Object.fromEntries(
    Object.entries(watch).filter(([, value]) => value !== undefined),
  ) as unknown as Watch;
}

/** The reply to `sub`: all that a client needs to read the channel's frames. */
export function subReply(id: number, channel: Channel, seq: number): SubReply {
  const { topic, watch, delivery } = channel;
  const common = {
    op: "reply",
    to: "sub",
    id,
    channel: channel.number,
    topic: topic.topic,
    payload: topic.payload,
    delivery,
    seq,
    every: watch.every,
  } as const;
  const { hzMax, window, reduce, row } = watch;
  const limited = { ...common, ...(hzMax !== undefined && { hzMax }) };
  if (topic.payload === "record") return limited;
  if (topic.payload === "lanes") return { ...limited, ...(window && { window }) };
  const units = watch.units ?? { start: 0, end: topic.units ?? 0, every: 1 };
  return {
    ...limited,
    dtype: reduce?.kind === "bytes" ? "uint8" : "float32",
    shape: [valuesOf(Math.ceil((units.end - units.start) / units.every), reduce)],
    units,
    ...(row !== undefined && { row }),
    ...(reduce && { reduce }),
  };
}

/** Values in a frame of so many chosen units. */
function valuesOf(chosen: number, reduce: Watch["reduce"]): number {
  if (reduce?.kind === "components") return reduce.count;
  return reduce?.kind === "histogram" ? reduce.bins : chosen;
}
