import { randomInt } from "node:crypto";
import { EddyError } from "../errors.js";
import type { Frame, Simulation, Topic, Watch } from "../simulation/simulation.js";
import type { Delivering } from "./delivery.js";
import { KeptFrame, KeptFrames } from "./kept-frames.js";
import type { ServerLimits } from "./limits.js";

const EARLY_FRAMES_MAX = 1024;

/** Who is told that a channel has a new frame. */
export interface Subscriber {
  frameCame(channel: Channel): void;
}

/** One topic with one set of options, watched once and encoded once for all its subscribers. */
export interface Channel extends Delivering {
  readonly number: number;
  readonly watch: Watch;
  readonly topic: Topic;
  /** `seq` of the next frame */
  readonly nextSeq: number;
  /** lossless: the frames of the recent past; conflated: the latest */
  readonly kept: Pick<KeptFrames, "latest" | "oldestSeq" | "at">;
}

interface OpenChannel extends Channel {
  nextSeq: number;
  readonly kept: KeptFrames;
  readonly key: string;
  readonly subscribers: Set<Subscriber>;
  /** subscribers, and those who still wait for the watch to begin */
  users: number;
  /** until when somebody whose connection broke may resume it, ms of a monotonic clock */
  keptUntilMs: number;
  /** the simulation's handle, once the watch has begun */
  readonly handle: Promise<number>;
}

/** Shares the simulation's watches between clients, and keeps what those whose connection broke may come back for. */
export class Channels {
  readonly #byKey = new Map<string, OpenChannel>();
  readonly #byNumber = new Map<number, OpenChannel>();
  readonly #byHandle = new Map<number, OpenChannel>();
  /** from anywhere: a number that another server gave must not mean another topic here, where both serve one epoch */
  #lastNumber = randomInt(2 ** 31);
  /** watches that are beginning; their frames may come before their handles */
  #beginning = 0;
  #early: Frame[] = [];

  constructor(
    private readonly simulation: Simulation,
    private readonly limits: ServerLimits,
    private readonly nowMs: () => number,
    private readonly report: (error: unknown) => void,
  ) {}

  get size(): number {
    return this.#byKey.size;
  }

  get keptBytes(): number {
    let bytes = 0;
    for (const { kept } of this.#byKey.values()) bytes += kept.bytes;
    return bytes;
  }

  /**
   * Takes part in the channel of a topic and options, and begins its watch if nobody watches it yet. Frames are told of
   * only after {@link join}; whoever was given a channel has to {@link leave} it.
   * @throws EddyError LIMIT_EXCEEDED, or what the simulation's `watch` rejects with
   */
  async use(topic: Topic, watch: Watch, delivering: Delivering): Promise<Channel> {
    const key = JSON.stringify([watch, delivering.delivery]);
    const channel = this.#byKey.get(key) ?? this.#begin(key, topic, watch, delivering);
    channel.users += 1;
    try {
      await channel.handle;
      return channel;
    } catch (error) {
      this.leave(channel);
      throw error;
    }
  }

  /**
   * Takes part again in a channel of which somebody has all frames up to `seq`.
   * @returns undefined when it is gone, or does not have the frames after these any more
   */
  resume(number: number, seq: number): Channel | undefined {
    const channel = this.#byNumber.get(number);
    if (!channel || seq >= channel.nextSeq) return undefined;
    const isComplete = seq + 1 >= (channel.kept.oldestSeq ?? channel.nextSeq);
    if (channel.delivery === "lossless" && !isComplete) return undefined;
    channel.users += 1;
    return channel;
  }

  join(channel: Channel, subscriber: Subscriber): void {
    this.#byNumber.get(channel.number)?.subscribers.add(subscriber);
  }

  /**
   * Ends what one {@link use} or {@link resume} began. The last to leave ends the watch, unless somebody's connection
   * broke a short while ago.
   * @param mayResume this one's connection broke
   */
  leave(channel: Channel, subscriber?: Subscriber, mayResume = false): void {
    const open = this.#byNumber.get(channel.number);
    if (open !== channel) return;
    if (subscriber) open.subscribers.delete(subscriber);
    open.users -= 1;
    if (mayResume && open.waitsForReturn) open.keptUntilMs = this.nowMs() + this.limits.keptMs;
    if (open.users === 0 && open.keptUntilMs <= this.nowMs()) this.#end(open);
  }

  /** Takes a frame of the simulation and tells the subscribers of its channel. */
  deliver(frame: Frame): void {
    const channel = this.#byHandle.get(frame.watch);
    if (!channel) {
      if (this.#beginning > 0 && this.#early.length < EARLY_FRAMES_MAX) this.#early.push(frame);
      return;
    }
    try {
      channel.kept.add(
        new KeptFrame(channel.number, channel.nextSeq, frame.tick, frame.payload, this.nowMs()),
      );
    } catch (error) {
      // A payload that cannot be encoded is a bug of ours; the others go on.
      this.report(error);
      return;
    }
    channel.nextSeq += 1;
    for (const subscriber of channel.subscribers) subscriber.frameCame(channel);
  }

  /** Ends channels for which nobody came back, and lets go of frames that are too old. */
  sweep(): void {
    const nowMs = this.nowMs();
    for (const channel of this.#byKey.values()) {
      if (channel.users === 0 && channel.keptUntilMs <= nowMs) this.#end(channel);
      else channel.kept.forget(nowMs);
    }
  }

  /** Ends all of them, so that none can be resumed. */
  clear(): void {
    for (const channel of this.#byKey.values()) this.#end(channel);
  }

  #begin(key: string, topic: Topic, watch: Watch, delivering: Delivering): OpenChannel {
    this.#makeRoom();
    this.#lastNumber += 1;
    const handle = this.simulation.watch(watch);
    const { losslessFramesMax, losslessMsMax, keptBytesMax, keptBytesTotalMax } = this.limits;
    const isConflated = delivering.delivery === "conflated";
    const channel: OpenChannel = {
      number: this.#lastNumber,
      watch,
      topic,
      ...delivering,
      nextSeq: 0,
      kept: new KeptFrames({
        framesMax: isConflated ? 1 : losslessFramesMax,
        // however many channels there are, all of them together have room
        bytesMax: () => Math.min(keptBytesMax, keptBytesTotalMax / this.#byKey.size),
        msMax: losslessMsMax,
      }),
      key,
      subscribers: new Set(),
      users: 0,
      keptUntilMs: 0,
      handle,
    };
    this.#byKey.set(key, channel);
    this.#byNumber.set(channel.number, channel);
    this.#beginning += 1;
    handle.then(
      (given) => this.#begun(channel, given),
      () => this.#begun(channel, undefined), // each `use` of it is told
    );
    return channel;
  }

  #begun(channel: OpenChannel, handle: number | undefined): void {
    this.#beginning -= 1;
    const frames = this.#early.filter(({ watch }) => watch === handle);
    if (this.#beginning === 0) this.#early = [];
    // it may have ended meanwhile
    if (handle === undefined || !this.#byNumber.has(channel.number)) return;
    this.#byHandle.set(handle, channel);
    for (const frame of frames) this.deliver(frame);
  }

  /** Ends the channel that has waited longest for somebody to come back. @throws EddyError LIMIT_EXCEEDED when none has */
  #makeRoom(): void {
    const { channelsMax } = this.limits;
    if (this.#byKey.size < channelsMax) return;
    const [oldest] = [...this.#byKey.values()]
      .filter(({ users }) => users === 0)
      .sort((a, b) => a.keptUntilMs - b.keptUntilMs);
    if (oldest) {
      this.#end(oldest);
      return;
    }
    throw new EddyError(
      "LIMIT_EXCEEDED",
      `this server watches ${channelsMax} topics already, the most it may`,
    );
  }

  #end(channel: OpenChannel): void {
    this.#byKey.delete(channel.key);
    this.#byNumber.delete(channel.number);
    channel.subscribers.clear();
    channel.handle.then(
      (handle) => {
        this.#byHandle.delete(handle);
        this.simulation.unwatch(handle);
      },
      () => {}, // the watch never began, which `use` has told its caller
    );
  }
}
