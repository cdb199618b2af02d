import { EddyError } from "../errors.js";
import type { Frame, Simulation, Topic, Watch } from "../simulation/simulation.js";
import { encodeFrame } from "../wire/codec.js";

/** Who gets the frames of a channel; they are shared, so not to be changed. */
export interface Subscriber {
  deliver(channel: Channel, seq: number, frame: Uint8Array): void;
}

/** One topic with one set of options, watched once and encoded once for all its subscribers. */
export interface Channel {
  readonly number: number;
  readonly watch: Watch;
  readonly topic: Topic;
  /** `seq` of the next frame */
  readonly nextSeq: number;
}

interface OpenChannel extends Channel {
  nextSeq: number;
  readonly key: string;
  readonly subscribers: Set<Subscriber>;
  /** subscribers, and those who still wait for the watch to begin */
  users: number;
  /** the simulation's handle, once the watch has begun */
  readonly handle: Promise<number>;
}

/** Shares the simulation's watches between clients. */
export class Channels {
  readonly #byKey = new Map<string, OpenChannel>();
  readonly #byHandle = new Map<number, OpenChannel>();
  #numbersGiven = 0;

  constructor(
    private readonly simulation: Simulation,
    private readonly channelsMax: number,
  ) {}

  /**
   * Takes part in the channel of a topic and options, and begins its watch if nobody watches it yet. Frames come only
   * after {@link join}; whoever was given a channel has to {@link leave} it.
   * @throws EddyError LIMIT_EXCEEDED, or what the simulation's `watch` rejects with
   */
  async use(topic: Topic, watch: Watch): Promise<Channel> {
    const key = keyOf(watch);
    const channel = this.#byKey.get(key) ?? this.#begin(key, topic, watch);
    channel.users += 1;
    try {
      await channel.handle;
      return channel;
    } catch (error) {
      this.leave(channel);
      throw error;
    }
  }

  join(channel: Channel, subscriber: Subscriber): void {
    this.#byKey.get(keyOf(channel.watch))?.subscribers.add(subscriber);
  }

  /** Ends what one {@link use} began; the last to leave ends the watch. */
  leave(channel: Channel, subscriber?: Subscriber): void {
    const open = this.#byKey.get(keyOf(channel.watch));
    if (open !== channel) return;
    if (subscriber) open.subscribers.delete(subscriber);
    open.users -= 1;
    if (open.users > 0) return;
    this.#byKey.delete(open.key);
    open.handle.then(
      (handle) => {
        this.#byHandle.delete(handle);
        this.simulation.unwatch(handle);
      },
      () => {}, // the watch never began, which `use` has told its caller
    );
  }

  /** Encodes a frame of the simulation and hands it to the subscribers of its channel. */
  deliver(frame: Frame): void {
    const channel = this.#byHandle.get(frame.watch);
    if (!channel || channel.subscribers.size === 0) return;
    const seq = channel.nextSeq;
    channel.nextSeq += 1;
    const bytes = encodeFrame(channel.number, seq, frame.tick, frame.payload);
    for (const subscriber of channel.subscribers) subscriber.deliver(channel, seq, bytes);
  }

  #begin(key: string, topic: Topic, watch: Watch): OpenChannel {
    if (this.#byKey.size >= this.channelsMax) {
      throw new EddyError(
        "LIMIT_EXCEEDED",
        `this server watches ${this.channelsMax} topics already, the most it may`,
      );
    }
    this.#numbersGiven += 1;
    const handle = this.simulation.watch(watch);
    const channel: OpenChannel = {
      number: this.#numbersGiven,
      watch,
      topic,
      nextSeq: 0,
      key,
      subscribers: new Set(),
      users: 0,
      handle,
    };
    this.#byKey.set(key, channel);
    handle.then(
      (given) => {
        this.#byHandle.set(given, channel);
      },
      () => {}, // each `use` of it is told
    );
    return channel;
  }
}

function keyOf({ topic, every, units, row }: Watch): string {
  return JSON.stringify([topic, every, units ? [units.start, units.end, units.every] : null, row ?? null]);
}
