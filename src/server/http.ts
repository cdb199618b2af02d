import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { asyncApi } from "../wire/async-api.js";
import { healthOf } from "./health.js";
import type { Hub } from "./hub.js";
import type { ServerMetrics } from "./metrics.js";
import { metricsRefusal } from "./metrics-access.js";
import { respond } from "./respond.js";
import type { StaticFiles } from "./static-files.js";

/** For the head of a request; who is slower than this says nothing worth waiting for. */
const HEADERS_MS_MAX = 10_000;
/** Connections that are no WebSockets, besides those that may be: pages that load, scrapes, refusals under way. */
const PLAIN_CONNECTIONS_MAX = 1024;

const json = "application/json";

/** What is answered over HTTP besides files. */
export interface HttpOptions {
  readonly hub: Hub;
  readonly files: StaticFiles;
  readonly metrics: ServerMetrics;
  readonly version: string | null;
}

/** A text that is made when it is first asked for, so that asking again costs nothing. */
function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The server of pages, `/health`, `/metrics` and `/asyncapi.json`; it does not listen yet. */
export function httpServer(options: HttpOptions): Server {
  const { hub, version } = options;
  const description = once(() => JSON.stringify(asyncApi(version)));
  const server = createServer((request, response) => {
    answer(options, description, request, response).catch((error: unknown) => {
      // A client that goes away while a file is sent is no bug of ours.
      if (!request.destroyed && !response.destroyed) hub.report(error);
      response.destroy();
    });
  });
  server.headersTimeout = HEADERS_MS_MAX;
  server.maxConnections = hub.limits.connectionsMax + PLAIN_CONNECTIONS_MAX;
  return server;
}

async function answer(
  options: HttpOptions,
  description: () => string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isRead = request.method === "GET" || request.method === "HEAD";
  switch (isRead ? request.url?.split("?", 1)[0] : undefined) {
    case "/health":
      return answerHealth(options, request, response);
    case "/metrics":
      return answerMetrics(options, request, response);
    case "/asyncapi.json":
      return respond(request, response, 200, json, description());
    default:
      return options.files(request, response);
  }
}

function answerHealth(
  { hub, version }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const health = healthOf(hub.simulation.status(), hub.hasEnded(), version);
  respond(request, response, health.status === "ended" ? 503 : 200, json, JSON.stringify(health));
}

async function answerMetrics(
  { hub, metrics }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = metricsRefusal(request, hub);
  if (refusal === null) {
    const text = await metrics.text();
    respond(request, response, 200, metrics.contentType, text);
    return;
  }
  const headers: Record<string, string> =
    refusal === 429 ? { "Retry-After": "60" } : { "WWW-Authenticate": 'Bearer realm="eddy"' };
  const reason = refusal === 429 ? "too many failed attempts" : "a bearer token is needed from elsewhere";
  respond(request, response, refusal, "text/plain; charset=utf-8", `${reason}\n`, headers);
}
