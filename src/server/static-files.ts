import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { EddyError } from "../errors.js";
import { respond, securityHeaders } from "./respond.js";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** Files whose names carry a hash of their content, as the bundler writes them. */
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/;

/** Answers requests for the files of one folder, and for nothing else. */
export type StaticFiles = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Serves the files under `folder`; without one every path is 404.
 * @throws EddyError FILE_NOT_FOUND (as a rejection) when there is no such folder
 */
export async function staticFiles(folder?: string): Promise<StaticFiles> {
  const root = folder === undefined ? undefined : await rootFolder(folder);
  return async (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(request, response, 405, "only GET and HEAD", { Allow: "GET, HEAD" });
      return;
    }
    const path = requestedPath(request.url ?? "/");
    if (path === undefined) {
      refuse(request, response, 400, "not a path");
      return;
    }
    if (root === undefined) {
      refuse(request, response, 404, "this server has no page; connect a client");
      return;
    }
    const file = await fileWithin(root, path);
    if (file === undefined) {
      refuse(request, response, 404, "no such file");
      return;
    }
    response.writeHead(200, {
      ...securityHeaders,
      "Content-Type": CONTENT_TYPES[extname(file.path)] ?? "application/octet-stream",
      "Content-Length": file.bytes,
      "Cache-Control": HASHED.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
    });
    if (request.method === "HEAD") {
      void response.end();
      return;
    }
    await pipeline(createReadStream(file.path), response);
  };
}

async function rootFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (cause) {
    throw new EddyError("FILE_NOT_FOUND", `assets: no folder ${folder}; build the dashboard first`, {
      cause,
    });
  }
  throw new EddyError("FILE_NOT_FOUND", `assets: ${folder} is no folder`);
}

/** The path that a request names, decoded once; undefined when it is not one. */
function requestedPath(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    return path.startsWith("/") ? path : undefined;
  } catch {
    return undefined; // not an escape sequence: the caller answers 400
  }
}

/** The file that a path names, if it lies under `root`, also after links are followed. */
async function fileWithin(root: string, path: string): Promise<{ path: string; bytes: number } | undefined> {
  const segments = path.split("/").slice(1);
  const isSafe = (segment: string) => !segment.startsWith(".") && !/[\\\0:]/.test(segment);
  if (!segments.every(isSafe)) return undefined;
  const name = path === "/" ? "index.html" : join(...segments);
  try {
    const real = await realpath(join(root, name));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const status = await stat(real);
    return status.isFile() ? { path: real, bytes: status.size } : undefined;
  } catch {
    return undefined; // not there, or not readable: the caller answers 404
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  respond(request, response, status, "text/plain; charset=utf-8", `${reason}\n`, headers);
}
