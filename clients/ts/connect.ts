import { parseAddress } from "./address.js";
import { backOffMs } from "./back-off.js";
import { openClient } from "./client.js";
import { ClientError } from "./client-error.js";
import type { Link } from "./link.js";
import type { Run } from "./run.js";
import { platformSocket, type SocketClass } from "./socket.js";

const SILENT_MS_MAX = 25_000;
const FIRST_MS_MAX = 10_000;

/** How to connect; all have defaults. */
export interface ConnectOptions {
  /** default: that of the address' fragment */
  readonly token?: string;
  /** a class of WebSockets in place of the platform's */
  readonly socket?: SocketClass;
  /** gives up when there was no welcome after so long; default 10 s */
  readonly firstMsMax?: number;
  /** gives up later when the connection was away for so long; default: never */
  readonly awayMsMax?: number;
  /** takes a connection for dead when nothing was heard for so long; default 25 s */
  readonly silentMsMax?: number;
  /** how long to wait before attempt 0, 1, ... after a cut; default 0.5 to 30 s, see `backOffMs` */
  readonly retryMs?: (attempt: number) => number;
  /** is told how the connection stands, before there is a run, too */
  readonly onLink?: (link: Link) => void;
  /** ends the run, or the attempt to reach it */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a server.
 * @param address what `eddy run` prints, or the address of the WebSocket
 * @returns the run, as soon as the server has said welcome
 * @throws ClientError (as a rejection) UNREACHABLE, or why the server refuses, as UNAUTHENTICATED
 */
export async function connect(address: string, options: ConnectOptions = {}): Promise<Run> {
  const { socketUrl, token } = parseAddress(address, options.token);
  const { signal } = options;
  const socket = options.socket ?? (await platformSocket());
  if (signal?.aborted) throw new ClientError("CLOSED", "the client was closed");
  return new Promise((resolve, reject) => {
    const client = openClient(
      {
        url: socketUrl,
        token,
        socket,
        silentMsMax: options.silentMsMax ?? SILENT_MS_MAX,
        firstMsMax: options.firstMsMax ?? FIRST_MS_MAX,
        awayMsMax: options.awayMsMax ?? Number.POSITIVE_INFINITY,
        retryMs: options.retryMs ?? ((attempt) => backOffMs(attempt, Math.random())),
      },
      {
        link: options.onLink ?? (() => {}),
        ready: resolve,
        ended(error) {
          signal?.removeEventListener("abort", abort);
          reject(error);
        },
      },
    );
    const abort = () => client.close();
    signal?.addEventListener("abort", abort, { once: true });
  });
}
