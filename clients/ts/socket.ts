import { ClientError } from "./client-error.js";

/** What is used of a WebSocket; those of browsers, of Node 22 and of the package ws have it. */
export interface Socket {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** A class of WebSockets. */
export type SocketClass = new (url: string, protocol: string) => Socket;

// A name and no literal, so that a bundler for browsers, which have WebSockets of their own, leaves the package out.
const NODE_PACKAGE = "ws";

/** The WebSocket of this platform: its own, or in older Node that of the package ws. @throws ClientError UNREACHABLE */
export async function platformSocket(): Promise<SocketClass> {
  const own = (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof own === "function") return own as SocketClass;
  try {
    const { WebSocket } = await import(/* @vite-ignore */ /* webpackIgnore: true */ NODE_PACKAGE);
    return WebSocket as SocketClass;
  } catch (cause) {
    throw new ClientError(
      "UNREACHABLE",
      `no WebSocket here: needed one of the platform, the package ${NODE_PACKAGE}, or the option "socket" (${cause})`,
    );
  }
}
