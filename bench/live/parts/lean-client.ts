import { decode, encode, PROTOCOL_VERSION, SUBPROTOCOL, serverMessageLimits, WIRE_PATH } from "eddy/wire";
import WebSocket from "ws";

/** Where frames say what they are; see `encodeFrame` of the wire. */
const CHANNEL_AT = 2;
const SEQ_AT = 7;
const TICK_AT = 16;
const DROPPED_AT = 25;
const FRAME = 0x95;
/** Of a conflated channel four frames may be under way, so each is acknowledged. */
const ACK = { conflated: 1, lossless: 64 } as const;

/** What a subscriber saw of its frames. */
export interface Seen {
  frames: number;
  /** said by the server */
  dropped: number;
  /** said by nobody */
  gaps: number;
  bytes: number;
}

/** A frame as it arrived. */
export interface Arrival {
  readonly tick: number;
  readonly seq: number;
  readonly dropped: number;
}

/** A client that costs little: thousands of them fit into one process. */
export class LeanClient {
  readonly seen: Seen = { frames: 0, dropped: 0, gaps: 0, bytes: 0 };
  #nextSeq = -1;
  #isStalled = false;

  private constructor(
    readonly socket: WebSocket,
    private readonly arrived: (arrival: Arrival) => void,
  ) {}

  /**
   * Connects, says hello, and subscribes where a subscription is given.
   * @param subscription the fields of a `sub` but op and id
   */
  static open(
    port: number,
    token: string,
    subscription: Readonly<Record<string, unknown>> | null,
    arrived: (arrival: Arrival) => void = () => {},
  ): Promise<LeanClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${WIRE_PATH}`, SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    const client = new LeanClient(socket, arrived);
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
      socket.on("open", () => socket.send(encode({ op: "hello", v: PROTOCOL_VERSION, auth: token })));
      socket.on("message", (data: Buffer) => {
        if (data[0] === FRAME) {
          client.#frame(data);
          return;
        }
        const message = decode(data, serverMessageLimits) as {
          readonly op: string;
          readonly seq?: number;
          readonly delivery?: "conflated" | "lossless";
          readonly message?: string;
        };
        if (message.op === "error") reject(new Error(message.message));
        if (message.op === "welcome") {
          if (subscription) socket.send(encode({ op: "sub", id: 1, ...subscription }));
          else resolve(client);
        }
        if (message.op === "reply" && message.seq !== undefined && message.delivery) {
          client.#nextSeq = message.seq;
          client.#every = ACK[message.delivery];
          resolve(client);
        }
      });
    });
  }

  #every = 1;

  /** Reads nothing any more, as a process that hangs. */
  stall(): void {
    this.#isStalled = true;
    this.socket.pause();
  }

  close(): void {
    this.socket.terminate();
  }

  #frame(data: Buffer): void {
    if (this.#isStalled) return;
    const seq = Number(data.readBigUInt64BE(SEQ_AT));
    const tick = Number(data.readBigUInt64BE(TICK_AT));
    const dropped = data.readUInt32BE(DROPPED_AT);
    const { seen } = this;
    seen.frames += 1;
    seen.dropped += dropped;
    seen.bytes += data.length;
    if (seq !== this.#nextSeq + dropped) seen.gaps += 1;
    this.#nextSeq = seq + 1;
    this.arrived({ tick, seq, dropped });
    if (seen.frames % this.#every === 0) {
      this.socket.send(encode({ op: "ack", channel: data.readUInt32BE(CHANNEL_AT), seq }));
    }
  }
}
