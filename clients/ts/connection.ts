import {
  type Ack,
  type ControlMessage,
  type DataFrame,
  encode,
  type Heartbeat,
  type Hello,
  mayReconnect,
  PROTOCOL_VERSION,
  parseServerMessage,
  type Reply,
  type Request,
  type ServerMessage,
  SUBPROTOCOL,
  type Welcome,
} from "eddy/wire";
import { ClientError, textOf } from "./client-error.js";
import { closeText, endedError, type Link } from "./link.js";
import type { Socket, SocketClass } from "./socket.js";

const CHECK_MS = 1000;

/** What a connection tells; all of it in the order in which the server sent it. */
export interface ConnectionListener {
  link(link: Link): void;
  welcome(welcome: Welcome): void;
  heartbeat(heartbeat: Heartbeat): void;
  topics(topics: Welcome["topics"]): void;
  frame(frame: DataFrame, bytes: number): void;
  /** an error that answers no request, or a message that cannot be read */
  problem(error: ClientError): void;
  /** which channels the next connection should go on with */
  resume(): Hello["resume"];
  /** nothing follows */
  ended(error: ClientError): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly token: string;
  readonly socket: SocketClass;
  /** without a word from the server for so long the connection counts as dead, whatever the socket says */
  readonly silentMsMax: number;
  /** gives up when the first welcome has not come after so long, and later when there was no connection for so long */
  readonly firstMsMax: number;
  readonly awayMsMax: number;
  /** how long to wait before the next attempt, after so many that failed since the last connection */
  readonly retryMs: (attempt: number) => number;
}

type WithoutId<Message> = Message extends { id: number } ? Omit<Message, "id"> : never;
/** A request as its sender writes it. */
export type Question = WithoutId<Exclude<Request, Ack>>;

/** What becomes of a request; called at once, before anything that the server sent later is told. */
export interface Pending {
  answer(reply: Reply): void;
  refuse(error: ClientError): void;
}

/** Says that a request got no reply because the connection broke; whether it was carried out is not known. */
export const brokenCode = "DISCONNECTED";

/** One connection to a server, made again whenever it breaks, until one side says that it is over. */
export class Connection {
  #socket: Socket | undefined;
  #ids = 0;
  #attempt = 0;
  #isWelcome = false;
  #isOver = false;
  #heardAtMs = performance.now();
  /** since when there is no connection */
  #awayAtMs = performance.now();
  #wasWelcome = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #silence: ReturnType<typeof setInterval>;
  readonly #pending = new Map<number, Pending>();

  constructor(
    private readonly options: ConnectionOptions,
    private readonly listener: ConnectionListener,
  ) {
    this.#silence = setInterval(() => this.#checkSilence(), Math.min(CHECK_MS, options.silentMsMax));
    this.#connect();
  }

  /** Whether the server has said welcome and the connection stands. */
  get isOpen(): boolean {
    return this.#isWelcome;
  }

  /** Milliseconds since the server was last heard. */
  get silentMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  /** Sends a request, which is refused with what the server says, or with DISCONNECTED. */
  ask(question: Question, pending: Pending): void {
    if (!this.#isWelcome) {
      pending.refuse(new ClientError(brokenCode, "not connected", true));
      return;
    }
    this.#ids += 1;
    this.#pending.set(this.#ids, pending);
    this.#send({ ...question, id: this.#ids });
  }

  /** Acknowledges the frames of a channel up to `seq`; there is no reply. */
  acknowledge(channel: number, seq: number): void {
    if (this.#isWelcome) this.#send({ op: "ack", channel, seq });
  }

  /** Ends it for good. */
  close(): void {
    this.#end(
      { kind: "ended", why: "closed", code: 1000 },
      new ClientError("CLOSED", "the client was closed"),
    );
  }

  #connect(): void {
    this.listener.link({ kind: "connecting" });
    // the listener may have closed it
    if (this.#isOver) return;
    this.#heardAtMs = performance.now();
    const socket = new this.options.socket(this.options.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      const { token } = this.options;
      const resume = this.listener.resume();
      this.#send({
        op: "hello",
        v: PROTOCOL_VERSION,
        ...(token && { auth: token }),
        ...(resume && { resume }),
      });
    };
    socket.onmessage = ({ data }: { data: ArrayBuffer }) => this.#receive(new Uint8Array(data));
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#closed(code, reason);
    // "close" follows, and says more
    socket.onerror = () => {};
    this.#socket = socket;
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
      this.#unreadable(error);
      return;
    }
    if (Array.isArray(message)) this.listener.frame(message as DataFrame, bytes.length);
    else this.#control(message as ControlMessage);
  }

  #unreadable(cause: unknown): void {
    const error = new ClientError(
      "MALFORMED_MESSAGE",
      `a message of the server cannot be read: ${textOf(cause)}`,
    );
    if (this.#isWelcome) this.listener.problem(error);
    // without a welcome nothing can begin, and the next one would be the same
    else this.#end({ kind: "ended", why: error.message, code: 1002 }, error);
  }

  #control(message: ControlMessage): void {
    switch (message.op) {
      case "welcome":
        this.#attempt = 0;
        this.#isWelcome = true;
        this.#wasWelcome = true;
        this.listener.welcome(message);
        this.listener.link({ kind: "open" });
        return;
      case "heartbeat":
        this.listener.heartbeat(message);
        return;
      case "topics":
        this.listener.topics(message.topics);
        return;
      case "reply":
        this.#take(message.id)?.answer(message);
        return;
      case "error": {
        const pending = message.id === undefined ? undefined : this.#take(message.id);
        const error = ClientError.told(message);
        if (pending) pending.refuse(error);
        else this.listener.problem(error);
      }
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #closed(code: number, reason: string): void {
    if (this.#isWelcome) this.#awayAtMs = performance.now();
    this.#abandon();
    const why = closeText(code, reason);
    if (!mayReconnect(code)) {
      this.#end({ kind: "ended", why, code }, endedError(code, why));
      return;
    }
    const leftMs = this.#leftMs();
    if (leftMs <= 0) {
      const error = new ClientError("UNREACHABLE", `${this.options.url}: ${why}`, true);
      this.#end({ kind: "ended", why, code }, error);
      return;
    }
    const waitMs = Math.min(leftMs, this.options.retryMs(this.#attempt));
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.listener.link({ kind: "waiting", why, code, retryInMs: waitMs });
  }

  /** How long it goes on trying, without a connection. */
  #leftMs(): number {
    const { awayMsMax, firstMsMax } = this.options;
    return this.#awayAtMs + (this.#wasWelcome ? awayMsMax : firstMsMax) - performance.now();
  }

  #end(link: Link, error: ClientError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#silence);
    clearTimeout(this.#retry);
    this.#abandon(true);
    this.listener.link(link);
    this.listener.ended(error);
  }

  /** Lets go of the socket, if there is one; nothing that it still says is heard. */
  #abandon(isOver = false): void {
    this.#isWelcome = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      // 1000 says that nobody comes back
      if (isOver) socket.close(1000, "closed");
      else socket.close();
    }
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const broken = new ClientError(brokenCode, "the connection broke before the reply came", true);
    for (const { refuse } of pending) refuse(broken);
  }

  #checkSilence(): void {
    if (!this.#socket) return;
    const isLate = !this.#isWelcome && this.#leftMs() <= 0;
    if (isLate || this.silentMs > this.options.silentMsMax)
      this.#closed(1006, "nothing is heard from the server");
  }
}
