import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { decode, encode, PROTOCOL_VERSION, SUBPROTOCOL, serverMessageLimits, WIRE_PATH } from "eddy/wire";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import WebSocket from "ws";

/** What is cut, how often, and what is watched. */
export interface CutOrder {
  readonly port: number;
  readonly token: string;
  readonly cuts: number;
  /** of when the connections are cut */
  readonly seed: number;
  /** of topics whose every tick is a frame, so that ticks tell a gap that `seq` and `dropped` do not */
  readonly everyTick: readonly string[];
  /** of lossless topics: `dropped` has to be 0 */
  readonly lossless: readonly string[];
}

/** What came of it, over all connections. */
export interface CutReport {
  readonly frames: number;
  readonly cuts: number;
  /** channels that went on, over all cuts */
  readonly recovered: number;
  /** those that had to be subscribed to anew */
  readonly anew: number;
  /** frames that `dropped` says were left out */
  readonly toldGaps: number;
  readonly untoldGaps: number;
  readonly duplicates: number;
}

interface Watched {
  readonly topic: string;
  /** `seq` of the last frame; that of the one before the first when none has come */
  seq: number;
  tick: number;
}

type Control = Readonly<Record<string, unknown>> & { readonly op: string };

const CUT_AFTER_MS_MAX = 60;

/** A way to a port that can be cut at any byte. */
async function cuttableWay(port: number) {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = createConnection(port, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    /** what is under way in either direction is lost */
    cut() {
      for (const [near, far] of pairs) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    close: () => server.close(),
  };
}

/** A client that goes on after every cut, and holds each frame against the one before. */
class CutClient {
  readonly report = { frames: 0, recovered: 0, anew: 0, toldGaps: 0, untoldGaps: 0, duplicates: 0 };
  readonly #channels = new Map<number, Watched>();
  /** by id of the `sub` */
  readonly #asked = new Map<number, string>();
  #ids = 0;
  #epoch = "";

  constructor(
    private readonly order: CutOrder,
    private readonly port: number,
  ) {}

  /** Connects, and resolves when the connection has ended, however. */
  async live(welcomed: () => void): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${WIRE_PATH}`, SUBPROTOCOL);
    const channels = [...this.#channels].map(([channel, { seq }]) => ({ channel, seq }));
    const resume = this.#epoch === "" ? undefined : { epoch: this.#epoch, channels };
    const say = (message: unknown) => {
      if (socket.readyState === socket.OPEN) socket.send(encode(message));
    };
    socket.on("error", () => {}); // "close" follows
    socket.on("open", () => say({ op: "hello", v: PROTOCOL_VERSION, auth: this.order.token, resume }));
    socket.on("message", (data: Buffer) => {
      const message = decode(data, serverMessageLimits);
      if (Array.isArray(message)) this.#frame(message, say);
      else {
        this.#control(message as Control, say);
        if ((message as Control).op === "welcome") welcomed();
      }
    });
    // not `once`, which an error ends
    await new Promise((resolve) => socket.on("close", resolve));
  }

  #control(message: Control, say: (message: unknown) => void): void {
    if (message.op === "reply" && message.to === "sub") {
      const topic = this.#asked.get(Number(message.id));
      if (topic)
        this.#channels.set(Number(message.channel), { topic, seq: Number(message.seq) - 1, tick: -1 });
      return;
    }
    if (message.op === "error") throw new Error(String(message.message));
    if (message.op !== "welcome") return;
    this.#epoch = String(message.epoch);
    const resumed = (message.resumed ?? []) as { channel: number; recovered: boolean }[];
    for (const { channel, recovered } of resumed) {
      if (recovered) this.report.recovered += 1;
      else {
        this.report.anew += 1;
        this.#channels.delete(channel);
      }
    }
    this.#subscribe(say);
  }

  /** Asks for what is not watched yet: at first, and where a channel or the reply to its `sub` was lost. */
  #subscribe(say: (message: unknown) => void): void {
    const watched = new Set([...this.#channels.values()].map(({ topic }) => topic));
    this.#asked.clear();
    for (const topic of [...this.order.everyTick, ...this.order.lossless]) {
      if (watched.has(topic)) continue;
      this.#ids += 1;
      this.#asked.set(this.#ids, topic);
      say({ op: "sub", id: this.#ids, topic });
    }
  }

  #frame(frame: readonly unknown[], say: (message: unknown) => void): void {
    const [channel, seq, tick, dropped] = frame.map(Number) as [number, number, number, number];
    const watched = this.#channels.get(channel);
    const { report } = this;
    if (!watched) throw new Error(`a frame of channel ${channel}, which is not watched`);
    report.frames += 1;
    report.toldGaps += dropped;
    if (seq <= watched.seq) report.duplicates += 1;
    else if (seq !== watched.seq + 1 + dropped) report.untoldGaps += 1;
    else if (this.order.lossless.includes(watched.topic) && dropped > 0) report.untoldGaps += 1;
    else if (
      this.order.everyTick.includes(watched.topic) &&
      watched.tick >= 0 &&
      tick - watched.tick !== 1 + dropped
    ) {
      report.untoldGaps += 1;
    }
    watched.seq = seq;
    watched.tick = tick;
    say({ op: "ack", channel, seq });
  }
}

/** Cuts a client's connection at random moments, the greeting included, and lets it go on each time. */
export async function cutConnections(order: CutOrder): Promise<CutReport> {
  const way = await cuttableWay(order.port);
  const client = new CutClient(order, way.port);
  const random = xoroshiro128plus(order.seed);
  for (let cut = 0; cut < order.cuts; cut += 1) {
    const afterMs = ((random.next() >>> 0) / 2 ** 32) * CUT_AFTER_MS_MAX;
    let welcomed = () => {};
    const welcome = new Promise<void>((resolve) => {
      welcomed = resolve;
    });
    const life = client.live(welcomed);
    // every fourth in the midst of the greeting
    if (cut % 4 !== 3) await Promise.race([welcome, life]);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    let isOver = false;
    void life.then(() => {
      isOver = true;
    });
    // a connection that is not there yet cannot be cut
    while (!isOver) {
      way.cut();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  way.close();
  return { ...client.report, cuts: order.cuts };
}
