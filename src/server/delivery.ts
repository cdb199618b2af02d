import { EddyError } from "../errors.js";
import type { Topic } from "../simulation/simulation.js";
import { closeCodes } from "../wire/protocol.js";

/**
 * What may become of frames that a client is too slow for. `conflated`: only the latest is kept; `lossless`: none is lost,
 * or the connection ends.
 */
export type Delivery = "conflated" | "lossless";

/** How the frames of a topic's channel go to its clients. */
export interface Delivering {
  readonly delivery: Delivery;
  /** how a connection ends to which a lossless frame would be lost */
  readonly overflow: { readonly code: number; readonly reason: string };
  /** the latest frame is told to who joins late: it still holds; otherwise it has happened, and is over */
  readonly tellsLatest: boolean;
  /** goes on for a while when all connections of its clients broke */
  readonly waitsForReturn: boolean;
}

/** What a topic is of: "state" of "state/m1", of a twin's "NAME:state/m1" and of "difference:NAME/state/m1", too. */
function familyOf(topic: string): string {
  const own = topic.startsWith("difference:")
    ? topic.slice(topic.indexOf("/") + 1)
    : topic.slice(topic.indexOf(":") + 1);
  return own.split("/", 1)[0]!;
}

/** Of these one that is missing is wrong: what happened, and what somebody has to answer. */
const indispensable: ReadonlySet<string> = new Set(["events", "world"]);
/** These are series, each value a trial's own. */
const series: ReadonlySet<string> = new Set(["error", "metrics"]);

const slow = { code: closeCodes.slow, reason: "the queue of events is full" } as const;
const resync = { code: closeCodes.resync, reason: "frames of a lossless topic were lost" } as const;

/**
 * How the frames of a topic are delivered.
 * @param asked by the subscriber; absent: as suits the topic
 * @throws EddyError INVALID_ARGUMENT when the topic is not delivered in that way
 */
export function deliveringOf({ topic }: Topic, asked?: Delivery): Delivering {
  const family = familyOf(topic);
  if (!indispensable.has(family)) {
    // the difference to a twin's errors is looked at, no more
    const isSeries = series.has(family) && !topic.startsWith("difference:");
    const delivery = asked ?? (isSeries ? "lossless" : "conflated");
    return { delivery, overflow: resync, tellsLatest: delivery === "conflated", waitsForReturn: true };
  }
  if (asked === "conflated") {
    throw new EddyError(
      "INVALID_ARGUMENT",
      `delivery: "conflated" is not for topic "${topic}", of which none may be missing; needed "lossless"`,
    );
  }
  // A task has to know at once that its world is gone; who comes back is asked again.
  const isWorld = family === "world";
  return { delivery: "lossless", overflow: slow, tellsLatest: isWorld, waitsForReturn: !isWorld };
}
