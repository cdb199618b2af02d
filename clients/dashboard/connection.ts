import {
  type Ack,
  type ControlMessage,
  type DataFrame,
  encode,
  type Heartbeat,
  mayReconnect,
  PROTOCOL_VERSION,
  parseServerMessage,
  type Reply,
  type Request,
  type ServerMessage,
  SUBPROTOCOL,
  type Welcome,
} from "../../src/wire/index.js";
import { backOffMs } from "./back-off.js";

/** Without a word from the server for so long the connection counts as dead, whatever the socket says. */
const SILENT_MS_MAX = 25_000;
const SILENCE_CHECK_MS = 1000;

/** How the connection stands. */
export type Link =
  /** there is no token to connect with */
  | { readonly kind: "locked" }
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly why: string; readonly retryAtMs: number }
  | { readonly kind: "ended"; readonly why: string; readonly code: number };

/** What a connection tells; all of it arrives in the order in which the server sent it. */
export interface ConnectionListener {
  link(link: Link): void;
  welcome(welcome: Welcome): void;
  heartbeat(heartbeat: Heartbeat): void;
  frame(frame: DataFrame, bytes: number): void;
  /** an error that answers no request, or a message that cannot be read */
  problem(message: string): void;
}

type WithoutId<Message> = Message extends { id: number } ? Omit<Message, "id"> : never;
/** A request as its sender writes it. */
export type Question = WithoutId<Exclude<Request, Ack>>;

interface Pending {
  answer(reply: Reply): void;
  refuse(error: Error): void;
}

/** One connection to a server, made again whenever it breaks, until the server says that coming back is of no use. */
export class Connection {
  #socket: WebSocket | undefined;
  #token: string;
  #ids = 0;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pending = new Map<number, Pending>();
  #heardAtMs = 0;
  #isWelcome = false;

  constructor(
    private readonly url: string,
    token: string,
    private readonly listener: ConnectionListener,
  ) {
    this.#token = token;
    setInterval(() => this.#checkSilence(), SILENCE_CHECK_MS);
  }

  /** Whether the server has said welcome and the connection stands. */
  get isOpen(): boolean {
    return this.#isWelcome;
  }

  /** Milliseconds since the server was last heard. */
  get silentMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  /** Connects, at once; with another token if one is given. */
  open(token = this.#token): void {
    this.#token = token;
    clearTimeout(this.#retry);
    this.#abandon();
    this.listener.link({ kind: "connecting" });
    this.#heardAtMs = performance.now();
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#send({ op: "hello", v: PROTOCOL_VERSION, auth: this.#token });
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.#receive(new Uint8Array(event.data));
    socket.onclose = (event) => this.#closed(event.code, event.reason);
    this.#socket = socket;
  }

  /** Sends a request. @returns its reply; rejects with what the server said, or when the connection breaks before */
  ask(question: Question): Promise<Reply> {
    return new Promise((answer, refuse) => {
      if (!this.#isWelcome) {
        refuse(new Error("not connected"));
        return;
      }
      this.#ids += 1;
      this.#pending.set(this.#ids, { answer, refuse });
      this.#send({ ...question, id: this.#ids });
    });
  }

  /** Acknowledges the frames of a channel up to `seq`; there is no reply. */
  acknowledge(channel: number, seq: number): void {
    if (this.#isWelcome) this.#send({ op: "ack", channel, seq });
  }

  #send(message: unknown): void {
    this.#socket?.send(new Uint8Array(encode(message)));
  }

  #receive(bytes: Uint8Array): void {
    this.#heardAtMs = performance.now();
    let message: ServerMessage;
    try {
      message = parseServerMessage(bytes);
    } catch (error) {
      this.listener.problem(`a message of the server cannot be read: ${textOf(error)}`);
      return;
    }
    if (Array.isArray(message)) this.listener.frame(message as DataFrame, bytes.length);
    else this.#control(message as ControlMessage);
  }

  #control(message: ControlMessage): void {
    switch (message.op) {
      case "welcome":
        this.#attempt = 0;
        this.#isWelcome = true;
        this.listener.link({ kind: "open" });
        this.listener.welcome(message);
        return;
      case "heartbeat":
        this.listener.heartbeat(message);
        return;
      case "reply":
        this.#take(message.id)?.answer(message);
        return;
      case "error": {
        const pending = message.id === undefined ? undefined : this.#take(message.id);
        if (pending) pending.refuse(new Error(message.message));
        else this.listener.problem(message.message);
      }
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #closed(code: number, reason: string): void {
    this.#abandon();
    const why = closeText(code, reason);
    if (!mayReconnect(code)) {
      this.listener.link({ kind: "ended", why, code });
      return;
    }
    const waitMs = backOffMs(this.#attempt, Math.random());
    this.#attempt += 1;
    this.listener.link({ kind: "waiting", why, retryAtMs: performance.now() + waitMs });
    this.#retry = setTimeout(() => this.open(), waitMs);
  }

  /** Lets go of the socket, if there is one; nothing that it still says is heard. */
  #abandon(): void {
    this.#isWelcome = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { refuse } of pending) refuse(new Error("the connection broke before the reply came"));
  }

  #checkSilence(): void {
    if (this.#socket && this.silentMs > SILENT_MS_MAX) this.#closed(1006, "");
  }
}

/** What a close code means, in words. */
function closeText(code: number, reason: string): string {
  if (reason) return reason;
  return code === 1006 ? "the server cannot be reached" : `the connection was closed with code ${code}`;
}

/** What went wrong, as one line. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
