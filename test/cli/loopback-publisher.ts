import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the publisher behaves; each test changes what it is about. */
export interface Behaviour {
  ranges: "answers" | "ignores" | "answers wrongly";
  etag: string | null;
  /** send no more than so many bytes of a body, and leave the connection open */
  stopAfterBytes: number | null;
  contentLength: boolean;
  /** answer everything with this */
  status: number | null;
  contentEncoding: string | null;
}

export interface Request {
  readonly file: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly acceptEncoding: string | undefined;
}

export interface LoopbackPublisher {
  readonly address: string;
  readonly files: Map<string, Buffer>;
  readonly behaviour: Behaviour;
  readonly requests: Request[];
  /** cuts the connections that `stopAfterBytes` left open */
  cut(): void;
  /** settles when the next connection to be made has been closed */
  connectionClosed(): Promise<void>;
  close(): Promise<void>;
}

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** Headers of a response, and where in the file its body starts; null: the range cannot be had (416). */
function ranged(
  behaviour: Behaviour,
  { range, ifRange }: Request,
  length: number,
): { start: number; headers: Record<string, string> } | null {
  const changed = ifRange !== undefined && ifRange !== behaviour.etag;
  const asked = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (asked === 0 || changed || behaviour.ranges === "ignores") return { start: 0, headers: {} };
  if (asked >= length) return null;
  const start = behaviour.ranges === "answers wrongly" ? asked - 1 : asked;
  return { start, headers: { "content-range": `bytes ${start}-${length - 1}/${length}` } };
}

/** A real HTTP server on a free port, which publishes `files` under /set/. */
export async function loopbackPublisher(): Promise<LoopbackPublisher> {
  const files = new Map<string, Buffer>();
  const requests: Request[] = [];
  const unfinished = new Set<ServerResponse>();
  const behaviour: Behaviour = {
    ranges: "answers",
    etag: '"first"',
    stopAfterBytes: null,
    contentLength: true,
    status: null,
    contentEncoding: null,
  };

  const answer = ({ url, headers }: IncomingMessage, response: ServerResponse): void => {
    const request: Request = {
      file: (url ?? "").replace(/^\/set\//, ""),
      range: headers.range,
      ifRange: headers["if-range"] as string | undefined,
      acceptEncoding: headers["accept-encoding"] as string | undefined,
    };
    requests.push(request);
    const body = files.get(request.file);
    if (behaviour.status !== null || body === undefined) {
      response.writeHead(behaviour.status ?? 404).end("no such thing");
      return;
    }
    const found = ranged(behaviour, request, body.length);
    if (found === null) {
      response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
      return;
    }
    const rest = body.subarray(found.start);
    if (behaviour.etag) response.setHeader("etag", behaviour.etag);
    if (behaviour.contentEncoding) response.setHeader("content-encoding", behaviour.contentEncoding);
    if (behaviour.contentLength) response.setHeader("content-length", rest.length);
    response.writeHead(found.start > 0 ? 206 : 200, found.headers);
    if (behaviour.stopAfterBytes === null) {
      response.end(rest);
      return;
    }
    response.write(rest.subarray(0, behaviour.stopAfterBytes));
    unfinished.add(response);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/set/`,
    files,
    behaviour,
    requests,
    cut() {
      for (const response of unfinished) response.destroy();
      unfinished.clear();
    },
    connectionClosed: () =>
      new Promise((resolve) => server.once("connection", (socket) => socket.once("close", () => resolve()))),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
