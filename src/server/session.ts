import type { RawData, WebSocket } from "ws";
import { EddyError } from "../errors.js";
import { decode, encode } from "../wire/codec.js";
import type { Role } from "../wire/messages.js";
import { closeCodes, PROTOCOL_VERSION, retryableErrorCodes } from "../wire/protocol.js";
import { type Cmd, helloSchema, type Request, type Sub } from "../wire/requests.js";
import type { Channel, Subscriber } from "./channels.js";
import type { Hub } from "./hub.js";
import { Outbox } from "./outbox.js";
import { readRequest } from "./received.js";
import { commandOf } from "./received-command.js";
import { deliveryOf, subReply, watchOf } from "./subscription.js";
import { TokenBucket } from "./token-bucket.js";
import { welcome } from "./welcome.js";

/** One client's connection, from its upgrade to its close. */
export class Session implements Subscriber {
  readonly #outbox: Outbox;
  readonly #commands: TokenBucket;
  readonly #requests: TokenBucket;
  readonly #channels = new Map<number, Channel>();
  /** subscriptions that wait for their watch to begin */
  #subscribing = 0;
  /** set by a valid `hello` */
  #role: Role | undefined;
  #malformed = 0;
  #isEnded = false;
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
    this.#outbox = new Outbox(socket, limits, hub.nowMs, (code, reason) => this.end(code, reason));
    this.#commands = new TokenBucket(limits.commandsPerSecondMax, limits.commandsBurstMax, nowMs);
    this.#requests = new TokenBucket(limits.requestsPerSecondMax, limits.requestsBurstMax, nowMs);
    socket.on("message", (data, isBinary) => this.#receiveSafely(data, isBinary));
    socket.on("pong", () => {
      this.#pongAtMs = hub.nowMs();
    });
    socket.on("ping", (data) => this.#answerPing(data));
    socket.on("close", () => this.#release());
    // What ws finds wrong (too long, bad frames) it closes with the code that RFC 6455 gives; "close" follows.
    socket.on("error", () => this.#release());
  }

  /** Sends bytes that are the same for all clients, to those that have been welcomed. */
  broadcast(bytes: Uint8Array): void {
    if (this.#role !== undefined && !this.#isEnded) this.#outbox.sendControl(bytes);
  }

  deliver(channel: Channel, seq: number, frame: Uint8Array): void {
    this.#outbox.sendFrame(channel.number, seq, frame);
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
    if (nowMs - this.#pingAtMs >= limits.pingMs) {
      this.#pingAtMs = nowMs;
      this.socket.ping();
    }
    this.#outbox.sweep();
  }

  /** Ends the connection: nothing more is sent or heard, and a peer that does not answer the close is cut off. */
  end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#release();
    this.socket.close(code, reason);
    const cutOff = setTimeout(() => this.socket.terminate(), this.hub.limits.closingMsMax);
    this.socket.once("close", () => clearTimeout(cutOff));
  }

  #release(): void {
    this.#isEnded = true;
    this.#outbox.clear();
    for (const channel of this.#channels.values()) this.hub.channels.leave(channel, this);
    this.#channels.clear();
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
    if (this.#isEnded) return;
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
    const hello = helloSchema.safeParse(message);
    if (!hello.success) {
      this.end(closeCodes.badRequest, "a valid hello has to come first");
      return;
    }
    if (hello.data.v !== PROTOCOL_VERSION) {
      this.end(closeCodes.version, `version ${hello.data.v}; this server speaks ${PROTOCOL_VERSION}`);
      return;
    }
    const role = this.bearerRole ?? this.hub.roleOf(this.address, hello.data.auth);
    if (role === undefined) {
      this.end(closeCodes.badToken, "no valid token");
      return;
    }
    if (this.hub.hasEnded()) {
      this.end(closeCodes.shutdown, "the simulation has ended");
      return;
    }
    this.#role = role;
    this.#send(welcome(this.hub.simulation, role, this.hub.limits));
  }

  #answer(request: Request): void {
    if (request.op === "ack") {
      this.#outbox.acknowledge(request.channel, request.seq);
      if (request.id !== undefined) this.#send({ op: "reply", id: request.id, to: "ack" });
      return;
    }
    const bucket = request.op === "cmd" ? this.#commands : this.#requests;
    if (!bucket.take(this.hub.nowMs())) {
      this.#sendError("RATE_LIMITED", `too many requests (${request.op}); slow down`, request.id);
      return;
    }
    const answered = this.#perform(request);
    answered.catch((error: unknown) => this.#sendFailure(error, request.id));
  }

  async #perform(request: Exclude<Request, { op: "ack" }>): Promise<void> {
    switch (request.op) {
      case "sub":
        return this.#subscribe(request);
      case "unsub":
        return this.#unsubscribe(request.channel, request.id);
      case "cmd":
        return this.#command(request);
      case "ping":
        return this.#send({
          op: "reply",
          id: request.id,
          to: "ping",
          tick: this.hub.simulation.status().tick,
        });
    }
  }

  async #subscribe(request: Sub): Promise<void> {
    const { topic, watch } = watchOf(request, this.hub.simulation.topics);
    const { subscriptionsMax } = this.hub.limits;
    if (this.#channels.size + this.#subscribing >= subscriptionsMax) {
      throw new EddyError("LIMIT_EXCEEDED", `${subscriptionsMax} subscriptions already; end one first`);
    }
    this.#subscribing += 1;
    let channel: Channel;
    try {
      channel = await this.hub.channels.use(topic, watch);
    } finally {
      this.#subscribing -= 1;
    }
    if (this.#isEnded) return this.hub.channels.leave(channel);
    if (this.#channels.has(channel.number)) {
      this.hub.channels.leave(channel); // the first subscription goes on; the same channel is the answer
    } else {
      this.#channels.set(channel.number, channel);
      this.#outbox.open(channel.number, deliveryOf(topic));
      this.hub.channels.join(channel, this);
    }
    this.#send(subReply(request.id, channel));
  }

  #unsubscribe(number: number, id: number): void {
    const channel = this.#channels.get(number);
    if (!channel) throw new EddyError("INVALID_ARGUMENT", `channel ${number} is not one of this session's`);
    this.#channels.delete(number);
    this.#outbox.close(number);
    this.hub.channels.leave(channel, this);
    this.#send({ op: "reply", id, to: "unsub", channel: number });
  }

  async #command(request: Cmd): Promise<void> {
    if (this.#role !== "controller") {
      throw new EddyError(
        "FORBIDDEN",
        "a viewer may not change the simulation; connect with the controller's token",
      );
    }
    const { command, branch, key } = request;
    const { tick, result } = await this.hub.interventions.apply(commandOf(command), branch, key);
    this.#send({ op: "reply", id: request.id, to: "cmd", tick, result });
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
    if (!this.#isEnded) this.#outbox.sendControl(encode(message));
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
