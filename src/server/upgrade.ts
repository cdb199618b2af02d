import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Role } from "../wire/messages.js";
import { SUBPROTOCOL, WIRE_PATH } from "../wire/protocol.js";
import { bearerToken } from "./authentication.js";

/** What decides whether a connection may become a WebSocket. */
export interface Gatekeeper {
  readonly origins: ReadonlySet<string>;
  hasRoom(): boolean;
  isBlocked(address: string): boolean;
  roleOf(address: string, token: string): Role | undefined;
}

/** Why an upgrade is refused, or the role that its bearer token gave (none for those who say it in `hello`). */
export type Admission = { readonly refusal: number } | { readonly refusal?: undefined; readonly role?: Role };

/**
 * Decides on a request to upgrade: 404 another path, 403 foreign origin, 400 another subprotocol, 429 too many failed
 * attempts, 401 wrong bearer token, 503 no room.
 */
export function admit(request: IncomingMessage, gatekeeper: Gatekeeper): Admission {
  if (request.url?.split("?", 1)[0] !== WIRE_PATH) return { refusal: 404 };
  const { origin } = request.headers;
  // Programs send no Origin; a page cannot leave it out.
  if (origin !== undefined && !gatekeeper.origins.has(origin)) return { refusal: 403 };
  const protocols = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
  if (!protocols?.includes(SUBPROTOCOL)) return { refusal: 400 };
  const address = addressOf(request);
  if (gatekeeper.isBlocked(address)) return { refusal: 429 };
  if (!gatekeeper.hasRoom()) return { refusal: 503 };
  if (request.headers.authorization === undefined) return {};
  const role = gatekeeper.roleOf(address, bearerToken(request.headers.authorization) ?? "");
  return role === undefined ? { refusal: 401 } : { role };
}

/** The client's address, the same for IPv4 and IPv4 within IPv6. */
export function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** Answers an upgrade with an HTTP status and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? "";
  const retryAfter = status === 429 || status === 503 ? "Retry-After: 60\r\n" : "";
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${retryAfter}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
