import { TOKEN_FRAGMENT_KEY, WIRE_PATH } from "eddy/wire";
import { ClientError } from "./client-error.js";

/** Where a server's WebSocket is, and what lets a client in. */
export interface Address {
  readonly socketUrl: string;
  /** empty where none was given */
  readonly token: string;
}

const socketProtocols: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

/**
 * Reads the address of a server: the one that `eddy run` prints (`http://HOST:PORT/#token=TOKEN`), or that of the
 * WebSocket itself (`ws://HOST:PORT/ws`). A token in the fragment is taken unless another is given.
 * @throws ClientError INVALID_ARGUMENT
 */
export function parseAddress(given: string, token?: string): Address {
  const url = URL.canParse(given) ? new URL(given) : null;
  const protocol = url && socketProtocols[url.protocol];
  if (!url || !protocol) {
    throw new ClientError(
      "INVALID_ARGUMENT",
      `address "${withoutToken(given)}": needed what eddy run prints, as http://127.0.0.1:PORT/#token=..., or ws://HOST:PORT${WIRE_PATH}`,
    );
  }
  const isPage = url.protocol.startsWith("http");
  const inFragment = new URLSearchParams(url.hash.slice(1)).get(TOKEN_FRAGMENT_KEY);
  const socket = new URL(url.href.replace(/^\w+:/, protocol));
  // a page may be served under any path, its WebSocket beside it
  if (isPage || socket.pathname === "/") socket.pathname = socket.pathname.replace(/\/[^/]*$/, WIRE_PATH);
  socket.search = "";
  socket.hash = "";
  return { socketUrl: socket.href, token: token ?? inFragment ?? "" };
}

/** An address without its secret, for messages and titles. */
export function withoutToken(address: string): string {
  return address.replace(/#.*$/, "");
}
