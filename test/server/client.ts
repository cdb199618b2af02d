import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions } from "ws";
import { encode } from "../../src/wire/codec.js";
import {
  type DataFrame,
  type ErrorMessage,
  parseServerMessage,
  type Reply,
  type ServerMessage,
  SUBPROTOCOL,
  type SubReply,
  type Welcome,
  WIRE_PATH,
} from "../../src/wire/index.js";

interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket client that keeps what it gets, for tests. */
export class Client {
  readonly received: ServerMessage[] = [];
  /** resolves when the connection has ended, for whatever reason */
  readonly closed: Promise<Closed>;
  #wake: (() => void)[] = [];
  #ids = 0;
  #hasClosed = false;

  constructor(readonly socket: WebSocket) {
    socket.on("message", (data) => {
      this.received.push(parseServerMessage(data as Buffer));
      this.#wakeAll();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#hasClosed = true;
        this.#wakeAll();
        resolve({ code, reason: reason.toString() });
      });
    });
    // "close" follows with the code that a test looks at.
    socket.on("error", () => {});
  }

  send(message: unknown): void {
    this.socket.send(encode(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** Sends a request and gives its one reply, or the error that answers it. */
  async request(message: Record<string, unknown>): Promise<Reply | ErrorMessage> {
    this.#ids += 1;
    const id = this.#ids;
    this.send({ ...message, id });
    return this.next((answer): answer is Reply | ErrorMessage => "id" in answer && answer.id === id);
  }

  async subscribe(topic: string, options: Record<string, unknown> = {}): Promise<SubReply> {
    const reply = await this.request({ op: "sub", topic, ...options });
    if (reply.op !== "reply" || reply.to !== "sub")
      throw new Error(`sub was answered by ${JSON.stringify(reply)}`);
    return reply;
  }

  /** The first message received, now or later, that fits. */
  async next<Message extends ServerMessage>(
    fits: (message: ServerMessage) => message is Message,
  ): Promise<Message> {
    let looked = 0;
    for (;;) {
      for (; looked < this.received.length; looked += 1) {
        const message = this.received[looked]!;
        if (fits(message)) return message;
      }
      if (this.#hasClosed) throw new Error(`closed: ${JSON.stringify(await this.closed)}`);
      await this.#change();
    }
  }

  /** Waits until so many frames of a channel have come. */
  async frames(channel: number, count: number): Promise<readonly DataFrame[]> {
    for (;;) {
      const frames = this.framesOf(channel);
      if (frames.length >= count) return frames;
      if (this.#hasClosed) throw new Error(`closed: ${JSON.stringify(await this.closed)}`);
      await this.#change();
    }
  }

  framesOf(channel: number): readonly DataFrame[] {
    return this.received.filter(
      (message): message is DataFrame => Array.isArray(message) && message[0] === channel,
    );
  }

  async close(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

export interface ConnectOptions extends ClientOptions {
  readonly subprotocols?: string[];
  readonly path?: string;
}

/** Opens a connection, without a word said. */
export async function connect(port: number, options: ConnectOptions = {}): Promise<Client> {
  const { subprotocols = [SUBPROTOCOL], path = WIRE_PATH, ...rest } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocols, rest);
  const client = new Client(socket);
  await once(socket, "open");
  return client;
}

/** Opens a connection and says hello with a token. */
export async function login(port: number, token: string, options: ConnectOptions = {}): Promise<Client> {
  const client = await connect(port, options);
  client.send({ op: "hello", v: 1, auth: token });
  await client.next(isWelcome);
  return client;
}

/** HTTP status with which the upgrade of a connection is refused. */
export async function refusal(port: number, options: ConnectOptions = {}): Promise<number> {
  const { subprotocols = [SUBPROTOCOL], path = WIRE_PATH, ...rest } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocols, rest);
  return new Promise((resolve, reject) => {
    socket.on("unexpected-response", (request: ClientRequest, response: IncomingMessage) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("open", () => reject(new Error("the connection was accepted")));
    socket.on("error", reject);
  });
}

export function isWelcome(message: ServerMessage): message is Welcome {
  return !Array.isArray(message) && message.op === "welcome";
}

/** Waits until a condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
