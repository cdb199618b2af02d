import type { Sub } from "eddy/wire";

/** What may be asked of a topic; all have defaults, see `Sub` of the wire. */
export type WatchOptions = Readonly<Omit<Sub, "op" | "id" | "topic">>;

/** How a trial went: of the topics `metrics/TASK`. */
export interface MetricsRecord {
  readonly task: string;
  readonly trial: number;
  readonly tick: number;
  /** stimuli in the batch */
  readonly count: number;
  /** null where it is no finite number */
  readonly loss: number | null;
  /** fraction of the batch that was right; null where a target has no right answer */
  readonly accuracy: number | null;
}

/** Something that happened: of the topic `events`; `kind` says what, and what else is in it. */
export interface EventRecord {
  readonly kind: string;
  readonly tick: number;
  readonly [field: string]: unknown;
}

/** Any record, as the wire brings it. */
export type WireRecord = Readonly<Record<string, unknown>>;

/** What a frame may hold; shared by all who watch, so not to be changed. */
export type Payload = Float32Array | Uint8Array | WireRecord;

/** A topic without the name of the twin that it is of. */
type Plain<Topic extends string> = Topic extends `difference:${string}/${infer Rest}`
  ? Rest
  : Topic extends `${string}:${infer Rest}`
    ? Rest
    : Topic;

type TensorTopic = `${"state" | "drive" | "error" | "weights" | "output"}/${string}`;

/** What the frames of a topic hold, as far as its name and the options tell. */
export type PayloadOf<Topic extends string, Options> = string extends Topic
  ? Payload
  : Plain<Topic> extends TensorTopic
    ? Options extends { readonly reduce: { readonly kind: "bytes" } }
      ? Uint8Array
      : Float32Array
    : Plain<Topic> extends `metrics/${string}`
      ? MetricsRecord
      : Plain<Topic> extends "events"
        ? EventRecord
        : WireRecord;

/** One value of a topic. */
export interface Frame<Value = Payload> {
  readonly tick: number;
  readonly payload: Value;
  /** frames that were left out before this one, as far as they are known */
  readonly dropped: number;
  /**
   * none: it follows the one before; known: `dropped` frames are missing between; unknown: the connection had broken, or a
   * new epoch has begun, and nobody knows what is missing
   */
  readonly gap: "none" | "known" | "unknown";
}
