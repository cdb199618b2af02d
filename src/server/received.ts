import { issueText } from "../wire/messages.js";
import { type Ack, type Request, requestSchema } from "../wire/requests.js";

/** A request, or why a message is none. */
export type Received =
  | { readonly request: Request }
  | {
      readonly request?: undefined;
      readonly reason: string;
      readonly id?: number;
      /** a known operation with an id, which can be told what is wrong with it; anything else is noise */
      readonly isAnswerable: boolean;
    };

const CHANNEL_MAX = 0xffffffff;

const operations: ReadonlySet<unknown> = new Set([
  "sub",
  "unsub",
  "ack",
  "cmd",
  "ping",
] satisfies Request["op"][]);

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * Reads an acknowledgement as its schema would, at a tenth of the cost: there is one for every frame of every client.
 * @returns undefined for everything else, wrong acknowledgements included, which the schema then names
 */
function readAck(message: unknown): Ack | undefined {
  if (typeof message !== "object" || message === null) return undefined;
  const { op, channel, seq, id } = message as Partial<Record<keyof Ack, unknown>>;
  if (op !== "ack" || !isCount(channel) || channel > CHANNEL_MAX || !isCount(seq)) return undefined;
  const keys = Object.keys(message).length;
  if (keys === 3 && id === undefined) return { op, channel, seq };
  return keys === 4 && isCount(id) ? { op, channel, seq, id } : undefined;
}

/** Reads a decoded message as a request. */
export function readRequest(message: unknown): Received {
  const ack = readAck(message);
  if (ack) return { request: ack };
  const parsed = requestSchema.safeParse(message);
  if (parsed.success) return { request: parsed.data };
  const reason = issueText(parsed.error, message);
  if (typeof message !== "object" || message === null || !("id" in message))
    return { reason, isAnswerable: false };
  const { id } = message;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return { reason, isAnswerable: false };
  return { reason, id, isAnswerable: "op" in message && operations.has(message.op) };
}
