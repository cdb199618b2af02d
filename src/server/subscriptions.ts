import { EddyError } from "../errors.js";
import type { SubReply, Welcome } from "../wire/messages.js";
import type { Hello, Sub } from "../wire/requests.js";
import type { Channel, Subscriber } from "./channels.js";
import type { Hub } from "./hub.js";
import type { Outbox } from "./outbox.js";
import { requestedOf, subReply } from "./subscription.js";

/** What one client watches, until its session ends. */
export class Subscriptions implements Subscriber {
  readonly #channels = new Map<number, Channel>();
  /** those that wait for their watch to begin */
  #beginning = 0;
  #isOver = false;

  constructor(
    private readonly hub: Hub,
    private readonly outbox: Outbox,
  ) {}

  get size(): number {
    return this.#channels.size;
  }

  frameCame(channel: Channel): void {
    this.outbox.offer(channel.number);
  }

  /**
   * @returns the reply, and what brings the frame that the channel has already, to be called when the reply is sent; null
   *   when the session is over
   * @throws EddyError INVALID_ARGUMENT, LIMIT_EXCEEDED, or what the simulation refuses it with
   */
  async add(request: Sub): Promise<{ readonly reply: SubReply; begin(): void } | null> {
    const { topic, watch, delivering } = requestedOf(request, this.hub.simulation.topics);
    const { subscriptionsMax } = this.hub.limits;
    if (this.#channels.size + this.#beginning >= subscriptionsMax) {
      throw new EddyError("LIMIT_EXCEEDED", `${subscriptionsMax} subscriptions already; end one first`);
    }
    this.#beginning += 1;
    let channel: Channel;
    try {
      channel = await this.hub.channels.use(topic, watch, delivering);
    } finally {
      this.#beginning -= 1;
    }
    if (this.#isOver) {
      this.hub.channels.leave(channel);
      return null;
    }
    const { number, nextSeq, kept, tellsLatest } = channel;
    if (this.#channels.has(number)) {
      this.hub.channels.leave(channel); // the first subscription goes on; the same channel is the answer
      return { reply: subReply(request.id, channel, nextSeq), begin() {} };
    }
    const firstSeq = tellsLatest && kept.latest ? kept.latest.seq : nextSeq;
    this.#join(channel, firstSeq - 1);
    return { reply: subReply(request.id, channel, firstSeq), begin: () => this.outbox.offer(number) };
  }

  /** @throws EddyError INVALID_ARGUMENT when the session has no such channel */
  remove(number: number): void {
    const channel = this.#channels.get(number);
    if (!channel) throw new EddyError("INVALID_ARGUMENT", `channel ${number} is not one of this session's`);
    this.#channels.delete(number);
    this.outbox.close(number);
    this.hub.channels.leave(channel, this);
  }

  /** Goes on with the channels of a connection that broke, as far as nothing is missing. */
  resume({ epoch, channels }: NonNullable<Hello["resume"]>): NonNullable<Welcome["resumed"]> {
    const isSameEpoch = epoch === this.hub.simulation.status().epoch;
    return channels.map(({ channel: number, seq }) => {
      const hasRoom = this.#channels.size < this.hub.limits.subscriptionsMax;
      if (!isSameEpoch || !hasRoom || this.#channels.has(number))
        return { channel: number, recovered: false };
      const channel = this.hub.channels.resume(number, seq);
      if (channel) this.#join(channel, seq);
      return { channel: number, recovered: channel !== undefined };
    });
  }

  /** Brings what was missed; called when the welcome, which says what is resumed, is sent. */
  catchUp(): void {
    for (const number of this.#channels.keys()) this.outbox.offer(number);
  }

  /** Ends all of them. @param mayResume the channels wait a while for the client to come back */
  release(mayResume: boolean): void {
    this.#isOver = true;
    for (const channel of this.#channels.values()) this.hub.channels.leave(channel, this, mayResume);
    this.#channels.clear();
  }

  #join(channel: Channel, seenSeq: number): void {
    this.#channels.set(channel.number, channel);
    this.outbox.open(channel, seenSeq);
    this.hub.channels.join(channel, this);
  }
}
