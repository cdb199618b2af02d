import type { DataFrame, Reply, SubReply, Units } from "../../src/wire/index.js";
import { type Connection, textOf } from "./connection.js";

/** What is asked of a topic. */
export interface FeedOptions {
  readonly every?: number;
  readonly units?: Units;
}

export interface FeedListener {
  /**
   * @param lost frames of this channel that the server dropped before this one
   */
  frame(tick: number, payload: DataFrame[4], lost: number): void;
  /** what the frames from now on are */
  begins?(reply: SubReply): void;
}

interface Channel {
  readonly number: number;
  readonly acknowledgeEvery: number;
  seq: number;
  unacknowledged: number;
}

// Of a conflated channel the server has at most four frames on the way, so each counts; of a lossless one a thousand.
const ACKNOWLEDGE_EVERY = { conflated: 1, lossless: 64 } as const;

/** A topic that the page looks at, over as many connections and channels as that takes. */
export class Feed {
  /** of the channel that frames come from */
  #channel: Channel | undefined;
  #round = 0;
  #lostUnknown = false;

  constructor(
    private readonly feeds: Feeds,
    readonly topic: string,
    private readonly listener: FeedListener,
    private options: FeedOptions,
  ) {}

  get every(): number {
    return this.options.every ?? 1;
  }

  /** Asks for something else of the topic; the frames of before go on until that begins. */
  change(options: FeedOptions): void {
    if (JSON.stringify(options) === JSON.stringify(this.options)) return;
    this.options = options;
    this.subscribe();
  }

  close(): void {
    this.#round += 1;
    this.#leave();
    this.feeds.forget(this);
  }

  /** @internal the connection is new */
  restart(): void {
    this.#lostUnknown = this.#channel !== undefined;
    this.#channel = undefined;
    this.subscribe();
  }

  /** @internal */
  subscribe(): void {
    this.#round += 1;
    const round = this.#round;
    const { topic, options } = this;
    this.feeds.connection.ask({ op: "sub", topic, ...options }).then(
      (reply) => this.#begin(reply, round),
      (error: unknown) => this.feeds.refused(topic, textOf(error)),
    );
  }

  /** @internal whether the frame was this feed's */
  receive([channel, seq, tick, dropped, payload]: DataFrame): boolean {
    const open = this.#channel;
    if (open?.number !== channel) return false;
    // Frames that neither came nor are said to be dropped would be a fault of the server's; they are lost all the same.
    const lost = this.#lostUnknown ? Number.POSITIVE_INFINITY : Math.max(dropped, seq - open.seq - 1);
    this.#lostUnknown = false;
    open.seq = seq;
    open.unacknowledged += 1;
    if (open.unacknowledged >= open.acknowledgeEvery) this.acknowledge();
    if (Number.isFinite(lost)) this.feeds.lose(lost);
    this.listener.frame(tick, payload, lost);
    return true;
  }

  /** @internal acknowledges what has come */
  acknowledge(): void {
    const open = this.#channel;
    if (!open || open.unacknowledged === 0) return;
    open.unacknowledged = 0;
    this.feeds.connection.acknowledge(open.number, open.seq);
  }

  #begin(reply: Reply, round: number): void {
    if (reply.to !== "sub") return;
    if (round !== this.#round) {
      // Something else was asked for meanwhile; unless that is the same channel, this one is of no use.
      if (this.#channel?.number !== reply.channel) this.feeds.leave(reply.channel);
      return;
    }
    const { channel: number, seq, delivery } = reply;
    if (this.#channel?.number !== number) {
      this.#leave();
      const acknowledgeEvery = ACKNOWLEDGE_EVERY[delivery];
      this.#channel = { number, acknowledgeEvery, seq: seq - 1, unacknowledged: 0 };
    }
    this.listener.begins?.(reply);
  }

  #leave(): void {
    if (this.#channel) this.feeds.leave(this.#channel.number);
    this.#channel = undefined;
  }
}

/** All feeds of the page, and what watching costs. */
export class Feeds {
  readonly #feeds = new Set<Feed>();
  /** since the page was opened */
  frames = 0;
  bytes = 0;
  lost = 0;

  constructor(
    readonly connection: Connection,
    private readonly problem: (message: string) => void,
  ) {}

  open(topic: string, listener: FeedListener, options: FeedOptions = {}): Feed {
    const feed = new Feed(this, topic, listener, options);
    this.#feeds.add(feed);
    feed.subscribe();
    return feed;
  }

  /** The connection is new: everything is asked for again. */
  restart(): void {
    for (const feed of this.#feeds) feed.restart();
  }

  receive(frame: DataFrame, bytes: number): void {
    this.frames += 1;
    this.bytes += bytes;
    for (const feed of this.#feeds) if (feed.receive(frame)) return;
  }

  /** Acknowledges the frames that wait for more of their kind; to be called every second. */
  acknowledge(): void {
    for (const feed of this.#feeds) feed.acknowledge();
  }

  /** @internal */
  lose(frames: number): void {
    this.lost += frames;
  }

  /** @internal */
  forget(feed: Feed): void {
    this.#feeds.delete(feed);
  }

  /** @internal */
  leave(channel: number): void {
    // When the connection breaks first, the channel is gone as well.
    this.connection.ask({ op: "unsub", channel }).catch(() => {});
  }

  /** @internal */
  refused(topic: string, reason: string): void {
    if (this.connection.isOpen) this.problem(`${topic}: ${reason}`);
  }
}
