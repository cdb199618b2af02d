/** The WebSocket subprotocol; a connection that does not ask for exactly this is refused. */
export const SUBPROTOCOL = "eddy.v1.msgpack";

/** The version that `hello` names. */
export const PROTOCOL_VERSION = 1;

/** Path of the WebSocket on the server; everything else there is a static file. */
export const WIRE_PATH = "/ws";

/** Name of the field of the address' fragment (`#token=...`) that carries the token to a page. */
export const TOKEN_FRAGMENT_KEY = "token";

/**
 * How a connection ends. Up to 4499: come back (after 0.5 to 30 s, with jitter); 4500 to 4999: do not, the same would
 * happen again.
 */
export const closeCodes = {
  /** a bug of the server, by the code that RFC 6455 has for it */
  internal: 1011,
  /** the server shuts down, or its simulation has ended */
  shutdown: 4001,
  /** the client does not read, or its queue of replies and events is full */
  slow: 4008,
  /** frames of a lossless topic were lost, or the epoch has changed: start anew */
  resync: 4010,
  /** pings were not answered */
  noPong: 4012,
  badToken: 4500,
  /** three malformed messages */
  badRequest: 4501,
  /** no valid `hello` in time */
  late: 4502,
  /** `hello` names another version */
  version: 4503,
  limit: 4504,
  /** the token's time is over */
  expired: 4505,
} as const;

/** Whether a client that was closed with `code` may come back; abnormal ends of the connection count as such. */
export function mayReconnect(code: number): boolean {
  return code < 4500;
}

/** Codes of `error` messages after which the same request may succeed later. */
export const retryableErrorCodes: ReadonlySet<string> = new Set(["RATE_LIMITED", "INTERNAL"]);

/** What received bytes may hold at most, looked at before any of it is decoded. */
export interface DecodingLimits {
  readonly bytesMax: number;
  readonly depthMax: number;
  /** values of all kinds, keys of maps included */
  readonly itemsMax: number;
}

/** What a server accepts from a client. */
export const requestLimits: DecodingLimits = { bytesMax: 64 * 1024, depthMax: 16, itemsMax: 4096 };

/** What a client accepts from its server: a welcome describes a whole network, a frame may hold a large state. */
export const serverMessageLimits: DecodingLimits = {
  bytesMax: 64 * 1024 * 1024,
  depthMax: 16,
  itemsMax: 1_000_000,
};
