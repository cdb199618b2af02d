import type { DataFrame, Hello, Reply, Welcome } from "eddy/wire";
import { Observable } from "rxjs";
import { ClientError, textOf } from "./client-error.js";
import { brokenCode, type Connection } from "./connection.js";
import { Channel, Feed } from "./feed.js";
import type { Frame, WatchOptions } from "./topics.js";

const RETRY_MS = 1000;
const RETRIES_MAX = 5;

/** What has come since the client was made. */
export interface Received {
  readonly frames: number;
  readonly bytes: number;
  /** frames that the server left out, as far as they are known */
  readonly dropped: number;
}

/** All that a client watches: shares channels between watchers, and opens them again after a cut. */
export class Feeds {
  readonly #feeds = new Map<string, Feed>();
  readonly #channels = new Map<number, Channel>();
  readonly #retries = new Set<ReturnType<typeof setTimeout>>();
  readonly #received = { frames: 0, bytes: 0, dropped: 0 };
  #losslessFramesMax = 0;
  #over: { readonly error: ClientError | null } | undefined;

  /** @param problem is told what no watcher can be */
  constructor(
    private readonly connection: () => Connection,
    private readonly problem: (error: ClientError) => void,
  ) {}

  get received(): Received {
    return { ...this.#received };
  }

  /** Watches a topic as long as somebody subscribes. */
  watch(topic: string, options: WatchOptions): Observable<Frame> {
    return new Observable((observer) => {
      if (this.#over) {
        if (this.#over.error) observer.error(this.#over.error);
        else observer.complete();
        return;
      }
      const key = JSON.stringify([topic, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))]);
      const feed = this.#feeds.get(key) ?? new Feed(key, topic, options);
      this.#feeds.set(key, feed);
      feed.add(observer);
      if (!feed.channel && !feed.isAsking) this.#subscribe(feed);
      return () => this.#leave(feed, observer);
    });
  }

  /** The channels that a new connection should go on with. */
  resumable(): NonNullable<Hello["resume"]>["channels"] {
    return [...this.#channels.values()]
      .filter(({ feeds }) => feeds.size > 0)
      .map(({ number, seq }) => ({ channel: number, seq }));
  }

  /** A connection stands: goes on with what the server has recovered, and asks again for everything else. */
  welcome({ limits, resumed = [] }: Welcome, sameEpoch: boolean): void {
    this.#losslessFramesMax = limits.losslessFramesMax;
    const recovered = new Set(resumed.filter((channel) => channel.recovered).map(({ channel }) => channel));
    for (const channel of this.#channels.values()) {
      if (recovered.has(channel.number) && channel.feeds.size > 0) continue;
      this.#channels.delete(channel.number);
      for (const feed of channel.feeds) feed.cut(sameEpoch);
    }
    for (const number of recovered) if (!this.#channels.has(number)) this.#unsubscribe(number);
    for (const feed of [...this.#feeds.values()]) {
      if (feed.observers.size === 0) this.#feeds.delete(feed.key);
      else if (!feed.channel) this.#subscribe(feed);
    }
  }

  receive([number, seq, tick, dropped, payload]: DataFrame, bytes: number): void {
    this.#received.frames += 1;
    this.#received.bytes += bytes;
    const channel = this.#channels.get(number);
    // one that was left, or a frame that had come before the cut
    if (!channel || seq <= channel.seq) return;
    const missing = Math.max(dropped, seq - channel.seq - 1);
    this.#received.dropped += missing;
    channel.seq = seq;
    channel.unacknowledged += 1;
    try {
      const value = channel.payload(payload);
      for (const feed of [...channel.feeds]) feed.take(tick, value, missing);
    } catch (error) {
      this.problem(new ClientError("MALFORMED_MESSAGE", `${channel.topic}: ${textOf(error)}`));
    }
    if (channel.unacknowledged >= channel.acknowledgeEvery) this.#acknowledge(channel);
  }

  /** Acknowledges the frames that wait for more of their kind; to be called every second. */
  acknowledge(): void {
    for (const channel of this.#channels.values()) this.#acknowledge(channel);
  }

  /** Nothing follows: completes all watches, or fails them. */
  end(error: ClientError | null): void {
    this.#over = { error };
    for (const retry of this.#retries) clearTimeout(retry);
    this.#retries.clear();
    this.#channels.clear();
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const feed of feeds) feed.end(error);
  }

  #acknowledge(channel: Channel): void {
    if (channel.unacknowledged === 0) return;
    channel.unacknowledged = 0;
    this.connection().acknowledge(channel.number, channel.seq);
  }

  #subscribe(feed: Feed): void {
    if (!this.connection().isOpen) return;
    feed.isAsking = true;
    this.connection().ask(
      { op: "sub", topic: feed.topic, ...feed.options },
      {
        answer: (reply) => this.#begin(feed, reply),
        refuse: (error) => this.#refused(feed, error),
      },
    );
  }

  #begin(feed: Feed, reply: Reply): void {
    feed.isAsking = false;
    if (reply.to !== "sub" || this.#over) return;
    feed.refusals = 0;
    // Two sets of options may be the same to the server.
    const channel = this.#channels.get(reply.channel) ?? new Channel(reply, this.#losslessFramesMax);
    this.#channels.set(channel.number, channel);
    if (feed.observers.size > 0) {
      channel.feeds.add(feed);
      feed.channel = channel;
    } else this.#feeds.delete(feed.key);
    this.#closeIdle();
  }

  #refused(feed: Feed, error: ClientError): void {
    feed.isAsking = false;
    // The next welcome asks again.
    if (error.code === brokenCode || this.#over) return;
    feed.refusals += 1;
    if (error.retryable && feed.refusals <= RETRIES_MAX && feed.observers.size > 0) {
      this.#later(() => {
        if (feed.observers.size > 0 && !feed.channel && !feed.isAsking) this.#subscribe(feed);
      });
      return;
    }
    this.#feeds.delete(feed.key);
    feed.end(error);
    this.#closeIdle();
  }

  #leave(feed: Feed, observer: Parameters<Feed["add"]>[0]): void {
    feed.observers.delete(observer);
    // One that is asked for stays until its reply: another unsubscription could meet a new subscription half-way.
    if (feed.observers.size > 0 || feed.isAsking) return;
    if (this.#feeds.get(feed.key) === feed) this.#feeds.delete(feed.key);
    feed.channel?.feeds.delete(feed);
    feed.channel = undefined;
    this.#closeIdle();
  }

  /** Ends channels that nobody watches, unless a request of their topic, which may lead to them, is on the way. */
  #closeIdle(): void {
    const asked = new Set(
      [...this.#feeds.values()].filter((feed) => feed.isAsking).map(({ topic }) => topic),
    );
    for (const channel of this.#channels.values()) {
      if (channel.feeds.size > 0 || asked.has(channel.topic)) continue;
      this.#channels.delete(channel.number);
      this.#unsubscribe(channel.number);
    }
  }

  #unsubscribe(channel: number): void {
    this.connection().ask(
      { op: "unsub", channel },
      {
        answer: () => {},
        refuse: ({ code }) => {
          // When the connection breaks first, the channel is gone as well.
          if (code === "RATE_LIMITED") this.#later(() => this.#unsubscribeAgain(channel));
        },
      },
    );
  }

  /** Unless it is watched again; a request that is on the way may lead to it. */
  #unsubscribeAgain(channel: number): void {
    if (this.#channels.has(channel)) return;
    const isAsking = [...this.#feeds.values()].some((feed) => feed.isAsking);
    if (isAsking) this.#later(() => this.#unsubscribeAgain(channel));
    else this.#unsubscribe(channel);
  }

  #later(act: () => void): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      act();
    }, RETRY_MS);
    this.#retries.add(retry);
  }
}
