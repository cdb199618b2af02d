import type { IncomingMessage } from "node:http";
import { bearerToken } from "./authentication.js";
import type { Hub } from "./hub.js";
import { addressOf } from "./upgrade.js";

const loopbackAddress = /^(?:127\.\d+\.\d+\.\d+|::1)$/;
const loopbackHost = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/**
 * Whether a request comes from this machine, and for it: behind a proxy every client would seem to be here, and a page of
 * anybody's may reach this machine by a name of its own.
 */
function isLocal(request: IncomingMessage): boolean {
  const { headers } = request;
  const isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => name in headers);
  const isOfPage = "origin" in headers || headers["sec-fetch-site"] === "cross-site";
  return (
    loopbackAddress.test(addressOf(request)) &&
    loopbackHost.test(headers.host ?? "") &&
    !isForwarded &&
    !isOfPage
  );
}

/** Why a request may not see the metrics, as an HTTP status; null when it may. */
export function metricsRefusal(request: IncomingMessage, hub: Hub): 401 | 429 | null {
  if (isLocal(request)) return null;
  const address = addressOf(request);
  if (hub.isBlocked(address)) return 429;
  const token = bearerToken(request.headers.authorization);
  if (token === undefined || hub.nowMs() > hub.tokensEndAtMs) return 401;
  return hub.roleOf(address, token) === undefined ? 401 : null;
}
