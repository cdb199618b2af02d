import { issueText } from "../wire/messages.js";
import { type Request, requestSchema } from "../wire/requests.js";

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

const operations: ReadonlySet<unknown> = new Set([
  "sub",
  "unsub",
  "ack",
  "cmd",
  "ping",
] satisfies Request["op"][]);

/** Reads a decoded message as a request. */
export function readRequest(message: unknown): Received {
  const parsed = requestSchema.safeParse(message);
  if (parsed.success) return { request: parsed.data };
  const reason = issueText(parsed.error);
  if (typeof message !== "object" || message === null || !("id" in message))
    return { reason, isAnswerable: false };
  const { id } = message;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return { reason, isAnswerable: false };
  return { reason, id, isAnswerable: "op" in message && operations.has(message.op) };
}
