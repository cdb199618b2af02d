import { createServer } from "node:http";
import type { Simulation } from "../simulation/simulation.js";
import type { Role } from "../wire/messages.js";
import { closeCodes, TOKEN_FRAGMENT_KEY } from "../wire/protocol.js";
import { acceptSessions } from "./accept.js";
import { checkToken, FailedAttempts, randomToken, roleOfTokens } from "./authentication.js";
import { Channels } from "./channels.js";
import type { Hub } from "./hub.js";
import { Interventions } from "./interventions.js";
import { defaultLimits, type ServerLimits } from "./limits.js";
import { listen } from "./listen.js";
import { allowedOrigins, checkOrigins, hostInUrl, reachableHost } from "./origins.js";
import { publish } from "./publish.js";
import type { Session } from "./session.js";
import { type StaticFiles, staticFiles } from "./static-files.js";

/** What is served, to whom, and where. */
export interface ServeOptions {
  readonly simulation: Simulation;
  /** 127.0.0.1 by default: nothing outside this machine reaches it */
  readonly host?: string;
  /** 0, the default, takes a free one */
  readonly port?: number;
  /** gives the role of a controller; a random one by default */
  readonly token?: string;
  /** gives the role of a viewer; without it there are no viewers */
  readonly viewerToken?: string;
  /** origins of pages that may connect, besides the server's own */
  readonly origins?: readonly string[];
  /** folder of the built dashboard */
  readonly assets?: string;
  readonly limits?: Partial<ServerLimits>;
  /** told of internal errors; by default they are printed to stderr */
  readonly report?: (error: unknown) => void;
}

/** A server that listens, until it is closed. */
export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** where to look, with the controller's token in the fragment, which browsers send to nobody */
  readonly url: string;
  readonly token: string;
  /** Closes all connections with 4001 and stops listening; the simulation goes on. */
  close(): Promise<void>;
}

/**
 * Serves a simulation over WebSocket, and the dashboard's files over HTTP, until `close`.
 * @throws EddyError PORT_IN_USE, INVALID_ARGUMENT (host, port, token, origins) or FILE_NOT_FOUND (assets), as rejections
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", token = randomToken(), viewerToken, origins = [] } = options;
  checkToken(token, "token");
  if (viewerToken !== undefined) checkToken(viewerToken, "viewerToken");
  checkOrigins(origins);
  const limits: ServerLimits = { ...defaultLimits, ...options.limits };
  const files = await staticFiles(options.assets);
  const attempts = new FailedAttempts(limits.failuresMax, limits.failuresWindowMs);
  const hub = newHub(options, limits, roleUnlessGuessing(attempts, roleOfTokens(token, viewerToken)));
  const http = createServer((request, response) => void answer(files, request, response, hub));
  const port = await listen(http, host, options.port ?? 0);
  http.on("error", hub.report);
  const sessions = new Set<Session>();
  let isClosing = false;
  acceptSessions(http, hub, sessions, {
    origins: allowedOrigins(host, port, origins),
    hasRoom: () => !isClosing && sessions.size < limits.connectionsMax,
    isBlocked: (address) => attempts.isBlocked(address, performance.now()),
    roleOf: hub.roleOf,
  });
  const stop = publish(hub, sessions);
  return {
    address: { host, port },
    url: `http://${hostInUrl(reachableHost(host))}:${port}/#${TOKEN_FRAGMENT_KEY}=${encodeURIComponent(token)}`,
    token,
    close: async () => {
      isClosing = true;
      stop();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const session of sessions) session.end(closeCodes.shutdown, "the server shuts down");
      http.closeIdleConnections();
      const cutOff = setTimeout(() => http.closeAllConnections(), limits.closingMsMax);
      await closed;
      clearTimeout(cutOff);
    },
  };
}

function newHub({ simulation, report }: ServeOptions, limits: ServerLimits, roleOf: Hub["roleOf"]): Hub {
  let hasEnded = false;
  return {
    simulation,
    limits,
    channels: new Channels(simulation, limits.channelsMax),
    interventions: new Interventions(simulation),
    nowMs: () => performance.now(),
    roleOf,
    hasEnded: () => hasEnded,
    markEnded: () => {
      hasEnded = true;
    },
    report: report ?? ((error) => console.error(error)),
  };
}

/** After too many failed attempts no token of that address is looked at, so that a right guess does not show. */
function roleUnlessGuessing(
  attempts: FailedAttempts,
  roleOfToken: (token: string) => Role | undefined,
): (address: string, token: string | undefined) => Role | undefined {
  return (address, token) => {
    if (attempts.isBlocked(address, performance.now())) return undefined;
    const role = token === undefined ? undefined : roleOfToken(token);
    if (role === undefined) attempts.add(address, performance.now());
    return role;
  };
}

async function answer(
  files: StaticFiles,
  request: Parameters<StaticFiles>[0],
  response: Parameters<StaticFiles>[1],
  hub: Hub,
): Promise<void> {
  try {
    await files(request, response);
  } catch (error) {
    // A client that goes away while a file is sent is no bug of ours.
    if (!request.destroyed && !response.destroyed) hub.report(error);
    response.destroy();
  }
}
