import { float32Values, type SubReply } from "eddy/wire";
import type { Subscriber } from "rxjs";
import type { ClientError } from "./client-error.js";
import type { Frame, Payload, WatchOptions } from "./topics.js";

// Of a conflated channel the server has at most four frames on the way, so each counts; of a lossless one a thousand.
const ACKNOWLEDGE_EVERY = { conflated: 1, lossless: 64 } as const;

/** A channel of the server's, and the feeds that its frames go to. */
export class Channel {
  readonly number: number;
  readonly topic: string;
  readonly feeds = new Set<Feed>();
  /** of the last frame */
  seq: number;
  /** frames that the server does not know to have come */
  unacknowledged = 0;
  readonly acknowledgeEvery: number;

  constructor(
    private readonly reply: SubReply,
    losslessFramesMax: number,
  ) {
    this.number = reply.channel;
    this.topic = reply.topic;
    this.seq = reply.seq - 1;
    const every = ACKNOWLEDGE_EVERY[reply.delivery];
    this.acknowledgeEvery = Math.max(1, Math.min(every, Math.floor(losslessFramesMax / 4)));
  }

  /** Whether a frame stands for all that was before it, so that whoever comes late wants the last one. */
  get isConflated(): boolean {
    return this.reply.delivery === "conflated";
  }

  /** What a frame holds. @throws EddyError MALFORMED_MESSAGE */
  payload(received: Uint8Array | Readonly<Record<string, unknown>>): Payload {
    if (!(received instanceof Uint8Array)) return received;
    // copied, because in Node it may be a Buffer
    return this.reply.dtype === "uint8" ? new Uint8Array(received) : float32Values(received);
  }
}

/** A topic with one set of options, and all who watch it. */
export class Feed {
  readonly observers = new Set<Subscriber<Frame>>();
  channel: Channel | undefined;
  /** a request for its channel is on the way */
  isAsking = false;
  /** refusals, one after the other, that may be over soon */
  refusals = 0;
  #isCut = false;
  #skipTo = Number.NEGATIVE_INFINITY;
  #latest: Frame | undefined;

  constructor(
    readonly key: string,
    readonly topic: string,
    readonly options: WatchOptions,
  ) {}

  /** Somebody watches from now on; of what is conflated they get the last frame at once. */
  add(observer: Subscriber<Frame>): void {
    this.observers.add(observer);
    if (this.#latest && this.channel?.isConflated) {
      observer.next({ ...this.#latest, dropped: 0, gap: "none" });
    }
  }

  /** Its channel is gone, and with it frames that nobody counts. @param sameEpoch whether ticks go on */
  cut(sameEpoch: boolean): void {
    this.channel = undefined;
    this.#isCut = true;
    // a channel that begins may show its latest frame once more
    this.#skipTo = sameEpoch && this.#latest ? this.#latest.tick : Number.NEGATIVE_INFINITY;
    if (!sameEpoch) this.#latest = undefined;
  }

  /** A frame of its channel has come. @param missing frames that were to come before it */
  take(tick: number, payload: Payload, missing: number): void {
    if (this.channel?.isConflated && tick <= this.#skipTo) return;
    this.#skipTo = Number.NEGATIVE_INFINITY;
    const gap = this.#isCut ? "unknown" : missing > 0 ? "known" : "none";
    this.#isCut = false;
    const frame: Frame = { tick, payload, dropped: missing, gap };
    this.#latest = frame;
    for (const observer of [...this.observers]) observer.next(frame);
  }

  /** Nothing follows. */
  end(error: ClientError | null): void {
    const observers = [...this.observers];
    this.observers.clear();
    for (const observer of observers) {
      if (error) observer.error(error);
      else observer.complete();
    }
  }
}
