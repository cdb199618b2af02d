import { randomUUID } from "node:crypto";
import type { RawData, WebSocket } from "ws";
import { EddyError } from "../errors.js";
import { decode, encode } from "../wire/codec.js";
import type { Role } from "../wire/messages.js";
import { closeCodes, retryableErrorCodes } from "../wire/protocol.js";
import type { Ack, Hello, Request } from "../wire/requests.js";
import { count } from "./counts.js";
import { readHello } from "./greeting.js";
import type { Hub } from "./hub.js";
import { Outbox } from "./outbox.js";
import { Rates } from "./rates.js";
import { readRequest } from "./received.js";
import { commandOf } from "./received-command.js";
import { Subscriptions } from "./subscriptions.js";
import { welcome } from "./welcome.js";

type Answered = Exclude<Request, Ack>;

/** Close codes of a client that does not come back to where it was: done, and a page that was left. */
const saidGoodbye: ReadonlySet<number> = new Set([1000, 1001]);

/** One client's connection, from its upgrade to its close. */
export class Session {
  /** for logs, and told to the client */
  readonly id = randomUUID();
  readonly outbox: Outbox;
  readonly #subscriptions: Subscriptions;
  readonly #rates: Rates;
  /** set by a valid `hello` */
  #role: Role | undefined;
  #malformed = 0;
  /** requests that are being answered */
  #answering = 0;
  #isListening = true;
  #isEnded = false;
  #endCode: number | undefined;
  readonly #openedAtMs: number;
  #pongAtMs: number;
  #pingAtMs: number;

  /**
   * @param address the client's, for counting failed attempts
   * @param bearerRole what the token in the upgrade's header gave
   */
  constructor(
    private readonly socket: WebSocket,
    private readonly hub: Hub,
    private readonly address: string,
    private readonly bearerRole: Role | undefined,
  ) {
    const nowMs = hub.nowMs();
    const { limits } = hub;
    this.#openedAtMs = nowMs;
    this.#pongAtMs = nowMs;
    this.#pingAtMs = nowMs;
    this.outbox = new Outbox(socket, limits, hub.counts, hub.nowMs, (code, reason) => this.end(code, reason));
    this.#subscriptions = new Subscriptions(hub, this.outbox);
    this.#rates = new Rates(limits, hub.nowMs);
    socket.on("message", (data, isBinary) => this.#receiveSafely(data, isBinary));
    socket.on("pong", () => {
      this.#pongAtMs = hub.nowMs();
    });
    socket.on("ping", (data) => this.#answerPing(data));
    socket.on("close", (code) => this.#closed(code));
    // What ws finds wrong (too long, bad frames) it closes with the code that RFC 6455 gives; "close" follows.
    socket.on("error", () => this.#release());
  }

  /** what the client may do, once it has been welcomed */
  get role(): Role | undefined {
    return this.#role;
  }

  /** bytes that the kernel has not taken yet */
  get queuedBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** whether nothing is under way any more: no answer, and no byte that the kernel has not taken */
  get isFlushed(): boolean {
    return this.#isEnded || (this.#answering === 0 && this.outbox.isFlushed);
  }

  /** Sends bytes that are the same for all clients, to those that have been welcomed. */
  broadcast(bytes: Uint8Array): void {
    if (this.#role !== undefined && !this.#isEnded) this.outbox.sendControl(bytes);
  }

  /** Looks at all that may have taken too long. */
  sweep(): void {
    if (this.#isEnded) return;
    const nowMs = this.hub.nowMs();
    const { limits } = this.hub;
    if (this.#role === undefined && nowMs - this.#openedAtMs > limits.authenticationMsMax) {
      this.end(closeCodes.late, "no hello in time");
      return;
    }
    if (nowMs - this.#pongAtMs > limits.pongMsMax) {
      this.end(closeCodes.noPong, "no pong");
      return;
    }
    if (nowMs > this.hub.tokensEndAtMs) {
      this.end(closeCodes.expired, "the token's time is over");
      return;
    }
    if (nowMs - this.#pingAtMs >= limits.pingMs) {
      this.#pingAtMs = nowMs;
      this.socket.ping();
    }
    this.outbox.sweep();
  }

  /** Takes no more requests, while those that came before are still answered. */
  stopListening(): void {
    this.#isListening = false;
  }

  /** Ends the connection: nothing more is sent or heard, and a peer that does not answer the close is cut off. */
  end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#endCode = code;
    this.#release();
    this.socket.close(code, reason);
    const cutOff = setTimeout(() => this.socket.terminate(), this.hub.limits.closingMsMax);
    this.socket.once("close", () => clearTimeout(cutOff));
  }

  #release(mayResume = true): void {
    this.#isEnded = true;
    this.outbox.clear();
    this.#subscriptions.release(mayResume);
  }

  #closed(socketCode: number): void {
    this.#release(!saidGoodbye.has(socketCode));
    const code = this.#endCode ?? socketCode;
    count(this.hub.counts.sessionsEnded, code);
    const seconds = (this.hub.nowMs() - this.#openedAtMs) / 1000;
    this.hub.log.info({ session: this.id, code, seconds }, "session closed");
  }

  /** What a listener throws would end the process, and with it every other session. */
  #receiveSafely(data: RawData, isBinary: boolean): void {
    try {
      this.#receive(data, isBinary);
    } catch (error) {
      this.hub.report(error);
      this.end(closeCodes.internal, "internal error of the server; its log says more");
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isEnded || !this.#isListening) return;
    this.hub.counts.messagesReceived += 1;
    // binaryType is "nodebuffer", so data is one Buffer.
    let message: unknown;
    try {
      if (!isBinary) throw new EddyError("MALFORMED_MESSAGE", "malformed message: text; binary is needed");
      message = decode(data as Buffer);
    } catch (error) {
      if (!(error instanceof EddyError)) throw error;
      this.#refuseMalformed(error.message);
      return;
    }
    if (this.#role === undefined) {
      this.#greet(message);
      return;
    }
    const received = readRequest(message);
    if (received.request) this.#answer(received.request);
    else if (received.isAnswerable) this.#sendError("INVALID_ARGUMENT", received.reason, received.id);
    else this.#refuseMalformed(received.reason, received.id);
  }

  #greet(message: unknown): void {
    this.hub.refresh();
    const greeting = readHello(message, this.hub, this.address, this.bearerRole);
    if (greeting.refusal) {
      this.hub.log.warn({ session: this.id, address: this.address, ...greeting.refusal }, "client refused");
      this.end(greeting.refusal.code, greeting.refusal.reason);
      return;
    }
    const { role, resume } = greeting;
    this.#role = role;
    this.#welcome(role, resume);
  }

  #welcome(role: Role, resume: Hello["resume"]): void {
    const resumed = resume && this.#subscriptions.resume(resume);
    const { simulation, limits, log } = this.hub;
    log.info({ session: this.id, role, address: this.address, resumed: resumed?.length }, "session opened");
    this.#send(welcome(simulation, this.id, role, limits, resumed));
    this.#subscriptions.catchUp();
  }

  #answer(request: Request): void {
    if (request.op === "ack") {
      this.#acknowledge(request);
      return;
    }
    const isAllowed =
      request.op === "cmd" ? this.#rates.allowsCommand(request.command) : this.#rates.allowsRequest();
    if (!isAllowed) {
      this.#slowDown(request.op, request.id);
      return;
    }
    this.#answering += 1;
    this.#perform(request)
      .catch((error: unknown) => this.#sendFailure(error, request.id))
      .finally(() => {
        this.#answering -= 1;
      });
  }

  /** Those that acknowledge nothing are requests like others, or a flood of them would cost nothing. */
  #acknowledge({ channel, seq, id }: Ack): void {
    const isNews = this.outbox.acknowledge(channel, seq);
    if (!isNews && !this.#rates.allowsRequest()) this.#slowDown("ack", id);
    else if (id !== undefined) this.#send({ op: "reply", id, to: "ack" });
  }

  #slowDown(op: Request["op"], id: number | undefined): void {
    if (id !== undefined) this.#sendError("RATE_LIMITED", `too many requests (${op}); slow down`, id);
    if (this.#rates.areIgnored) this.end(closeCodes.limit, "far too many requests");
  }

  async #perform(request: Answered): Promise<void> {
    const { id } = request;
    switch (request.op) {
      case "sub": {
        const added = await this.#subscriptions.add(request);
        if (!added) return;
        this.#send(added.reply);
        added.begin();
        return;
      }
      case "unsub":
        this.#subscriptions.remove(request.channel);
        return this.#send({ op: "reply", id, to: "unsub", channel: request.channel });
      case "cmd": {
        const { command, branch, key } = request;
        const client = { session: this.id, role: this.#role };
        const applied = await this.hub.interventions.apply(client, commandOf(command), branch, key);
        return this.#send({ op: "reply", id, to: "cmd", tick: applied.tick, result: applied.result });
      }
      case "ping":
        return this.#send({ op: "reply", id, to: "ping", tick: this.hub.simulation.status().tick });
    }
  }

  #refuseMalformed(reason: string, id?: number): void {
    this.#malformed += 1;
    const isWelcomed = this.#role !== undefined;
    if (!isWelcomed || this.#malformed >= this.hub.limits.malformedMax) {
      this.end(closeCodes.badRequest, "malformed messages");
      return;
    }
    this.#sendError("MALFORMED_MESSAGE", reason, id);
  }

  #sendFailure(error: unknown, id: number): void {
    if (error instanceof EddyError) {
      this.#sendError(error.code, error.message, id);
      return;
    }
    this.hub.report(error);
    this.#sendError("INTERNAL", "internal error of the server; its log says more", id);
  }

  #sendError(code: string, message: string, id?: number): void {
    this.#send({
      op: "error",
      ...(id !== undefined && { id }),
      code,
      message,
      retryable: retryableErrorCodes.has(code),
    });
  }

  #send(message: unknown): void {
    if (!this.#isEnded) this.outbox.sendControl(encode(message));
  }

  #answerPing(data: Buffer): void {
    if (this.#isEnded) return;
    if (this.socket.bufferedAmount > this.hub.limits.queuedBytesMax) {
      this.end(closeCodes.slow, "pongs not read");
      return;
    }
    this.socket.pong(data);
  }
}
