import type { Simulation } from "../simulation/simulation.js";
import type { Role } from "../wire/messages.js";
import { closeCodes, TOKEN_FRAGMENT_KEY } from "../wire/protocol.js";
import { acceptSessions } from "./accept.js";
import { checkToken, FailedAttempts, randomToken, roleOfTokens } from "./authentication.js";
import { watchForChanges } from "./changes.js";
import { Channels } from "./channels.js";
import { newCounts } from "./counts.js";
import { httpServer } from "./http.js";
import type { Hub } from "./hub.js";
import { Interventions } from "./interventions.js";
import { defaultLimits, type ServerLimits } from "./limits.js";
import { listen } from "./listen.js";
import { errorsOnly, type ServerLog } from "./log.js";
import { serverMetrics } from "./metrics.js";
import { allowedOrigins, checkOrigins, hostInUrl, reachableHost } from "./origins.js";
import { publish } from "./publish.js";
import type { Session } from "./session.js";
import { shutDown } from "./shut-down.js";
import { staticFiles } from "./static-files.js";

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
  /** from now on; then tokens are no longer valid and sessions end with 4505. Default: never */
  readonly tokenLifetimeMs?: number;
  /** origins of pages that may connect, besides the server's own */
  readonly origins?: readonly string[];
  /** folder of the built dashboard */
  readonly assets?: string;
  readonly limits?: Partial<ServerLimits>;
  /** told in `/health` and in the AsyncAPI document */
  readonly version?: string;
  /** told what happens, never a token nor what was sent; by default errors are printed to stderr */
  readonly log?: ServerLog;
  /** told of internal errors; by default the log is */
  readonly report?: (error: unknown) => void;
}

/** A server that listens, until it is closed. */
export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** where to look, with the controller's token in the fragment, which browsers send to nobody */
  readonly url: string;
  readonly token: string;
  /** where those look who may change nothing; null without a viewer's token */
  readonly viewerUrl: string | null;
  /**
   * Takes no more connections, lets replies and frames that are under way go out, closes all connections with 4001 and
   * stops listening; the simulation goes on.
   */
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
  const files = await staticFiles(options.assets);
  const sessions = new Set<Session>();
  const hub = newHub(options, roleOfTokens(token, viewerToken), sessions);
  const metrics = serverMetrics(hub, sessions);
  const http = httpServer({ hub, files, metrics, version: options.version ?? null });
  const port = await listen(http, host, options.port ?? 0);
  http.on("error", hub.report);
  let isClosing = false;
  acceptSessions(http, hub, sessions, {
    origins: allowedOrigins(host, port, origins),
    hasRoom: () => !isClosing && sessions.size < hub.limits.connectionsMax,
    isBlocked: hub.isBlocked,
    roleOf: (address, given) => (hub.nowMs() > hub.tokensEndAtMs ? undefined : hub.roleOf(address, given)),
  });
  const stop = publish(hub, sessions);
  hub.log.info({ host, port }, "listening");
  const address = `http://${hostInUrl(reachableHost(host))}:${port}/`;
  const urlOf = (given: string) => `${address}#${TOKEN_FRAGMENT_KEY}=${encodeURIComponent(given)}`;
  return {
    address: { host, port },
    url: urlOf(token),
    token,
    viewerUrl: viewerToken === undefined ? null : urlOf(viewerToken),
    close: async () => {
      isClosing = true;
      await shutDown(http, hub, sessions, stop);
      hub.log.info({ code: closeCodes.shutdown }, "closed");
    },
  };
}

function newHub(
  options: ServeOptions,
  roleOfToken: (token: string) => Role | undefined,
  sessions: ReadonlySet<Session>,
): Hub {
  const { simulation, log = errorsOnly, tokenLifetimeMs = Number.POSITIVE_INFINITY } = options;
  const limits: ServerLimits = { ...defaultLimits, ...options.limits };
  const attempts = new FailedAttempts(limits.failuresMax, limits.failuresWindowMs);
  const counts = newCounts();
  const nowMs = () => performance.now();
  const report = options.report ?? ((error: unknown) => log.error({ err: error }, "internal error"));
  const channels = new Channels(simulation, limits, nowMs, report);
  let hasEnded = false;
  return {
    simulation,
    limits,
    channels,
    interventions: new Interventions(simulation, counts, log),
    counts,
    log,
    nowMs,
    tokensEndAtMs: nowMs() + tokenLifetimeMs,
    roleOf: roleUnlessGuessing(attempts, roleOfToken),
    isBlocked: (address) => attempts.isBlocked(address, nowMs()),
    hasEnded: () => hasEnded,
    markEnded: () => {
      hasEnded = true;
    },
    refresh: watchForChanges(simulation, channels, sessions),
    report,
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
