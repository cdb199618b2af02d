import { closeCodes } from "eddy/wire";
import { ClientError } from "./client-error.js";

/** How the connection stands. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** it broke, with a close code; the next attempt is made so many milliseconds after this was told */
  | { readonly kind: "waiting"; readonly why: string; readonly code: number; readonly retryInMs: number }
  /** for good: by the client, or because coming back is of no use; code: that of the closing, 1000 for the client's own */
  | { readonly kind: "ended"; readonly why: string; readonly code: number };

const codes: ReadonlyMap<number, string> = new Map([
  [closeCodes.badToken, "UNAUTHENTICATED"],
  [closeCodes.badRequest, "MALFORMED_MESSAGE"],
  [closeCodes.limit, "LIMIT_EXCEEDED"],
  [closeCodes.expired, "UNAUTHENTICATED"],
]);

/** What a closing means, in words. */
export function closeText(code: number, reason: string): string {
  if (reason) return reason;
  return code === 1006 ? "the server cannot be reached" : `the connection was closed with code ${code}`;
}

/** Why nothing can be asked any more, after the server has closed for good. */
export function endedError(code: number, why: string): ClientError {
  return new ClientError(
    codes.get(code) ?? "REFUSED",
    `the server ended the connection (${code}): ${why}`,
    false,
  );
}
