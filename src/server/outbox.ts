import type { WebSocket } from "ws";
import { withDropped } from "../wire/codec.js";
import { closeCodes } from "../wire/protocol.js";
import type { Channel } from "./channels.js";
import type { Counts } from "./counts.js";
import type { ServerLimits } from "./limits.js";

interface Sent {
  readonly seq: number;
  readonly atMs: number;
}

/** How far one client is with a channel; the frames themselves are the channel's, shared by all. */
interface Queue {
  readonly channel: Channel;
  /** `seq` of the first frame after the subscription began, or went on: those before do not count as too many */
  readonly sinceSeq: number;
  /** `seq` of the last frame that was sent; that of the one before the first when none was */
  sentSeq: number;
  /** frames that were sent and not acknowledged, in order */
  readonly unacknowledged: Sent[];
}

/** How much of a client's room frames may fill; replies always find a quarter of it free. */
const LOSSLESS_ROOM = 0.75;
const CONFLATED_ROOM = 0.5;

const sendOptions = { binary: true, compress: false } as const;

/**
 * What goes out to one client. A socket's own buffer shows a stalled reader only after megabytes are lost in the
 * kernel, so it counts acknowledgements.
 */
export class Outbox {
  readonly #queues = new Map<number, Queue>();
  /** those with frames that could not be sent yet */
  readonly #behind = new Set<Queue>();
  #acknowledgedAtMs = 0;
  #takenAtMs = 0;
  #unacknowledged = 0;

  /** @param end ends the connection with a close code; nothing is sent after it */
  constructor(
    private readonly socket: WebSocket,
    private readonly limits: ServerLimits,
    private readonly counts: Counts,
    private readonly nowMs: () => number,
    private readonly end: (code: number, reason: string) => void,
  ) {}

  /** whether all is with the kernel that has to get there; conflated frames need not */
  get isFlushed(): boolean {
    const awaitsRoom = [...this.#behind].some(({ channel }) => channel.delivery === "lossless");
    return this.socket.bufferedAmount === 0 && !awaitsRoom;
  }

  /** frames that wait: for room, or for acknowledgements */
  get waiting(): number {
    let frames = 0;
    for (const { channel, sentSeq } of this.#behind) frames += channel.nextSeq - 1 - sentSeq;
    return frames;
  }

  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /** @param seenSeq `seq` of the last frame that the client has, or is not to get */
  open(channel: Channel, seenSeq: number): void {
    const queue = { channel, sinceSeq: channel.nextSeq, sentSeq: seenSeq, unacknowledged: [] };
    this.#queues.set(channel.number, queue);
  }

  close(channel: number): void {
    const queue = this.#queues.get(channel);
    if (!queue) return;
    this.#unacknowledged -= queue.unacknowledged.length;
    this.#behind.delete(queue);
    this.#queues.delete(channel);
  }

  /** Forgets all that waits, so that nothing is sent any more. */
  clear(): void {
    this.#queues.clear();
    this.#behind.clear();
    this.#unacknowledged = 0;
  }

  /** Sends a reply, an error or a heartbeat. */
  sendControl(bytes: Uint8Array): void {
    if (!this.#hasRoom(bytes.length, 1)) {
      this.end(closeCodes.slow, "the queue of replies is full");
      return;
    }
    this.#send(bytes);
  }

  /** Sends what the channel has and the client has not, as far as it may be; the rest goes out later. */
  offer(number: number): void {
    const queue = this.#queues.get(number);
    if (queue) this.#advance(queue);
  }

  /**
   * The client has all frames of the channel up to `seq`; of a channel that is closed already it says nothing.
   * @returns whether that was news
   */
  acknowledge(channel: number, seq: number): boolean {
    const queue = this.#queues.get(channel);
    const oldest = queue?.unacknowledged[0];
    if (!queue || !oldest || oldest.seq > seq) return false;
    const { unacknowledged } = queue;
    let count = 1;
    while (count < unacknowledged.length && unacknowledged[count]!.seq <= seq) count += 1;
    unacknowledged.splice(0, count);
    this.#unacknowledged -= count;
    this.#acknowledgedAtMs = this.nowMs();
    if (this.#behind.has(queue)) this.#advance(queue);
    return true;
  }

  /** Ends the connection of a client that makes no progress. */
  sweep(): void {
    const nowMs = this.nowMs();
    const { stalledMsMax, losslessMsMax } = this.limits;
    const isStalled =
      (this.#unacknowledged > 0 && nowMs - this.#acknowledgedAtMs > stalledMsMax) ||
      (this.socket.bufferedAmount > 0 && nowMs - this.#takenAtMs > stalledMsMax);
    if (isStalled) {
      this.end(closeCodes.slow, "no progress");
      return;
    }
    for (const queue of this.#queues.values()) {
      const oldest = queue.unacknowledged[0];
      const isLossless = queue.channel.delivery === "lossless";
      if (isLossless && oldest && nowMs - oldest.atMs > losslessMsMax) {
        this.#overflow(queue);
        return;
      }
    }
  }

  #overflow({ channel }: Queue): void {
    const { code, reason } = channel.overflow;
    this.end(code, reason);
  }

  #advance(queue: Queue): void {
    if (queue.channel.delivery === "conflated") this.#sendLatest(queue);
    else this.#sendMissing(queue);
    const { number, nextSeq } = queue.channel;
    // it may have been too much, and everything is over
    if (queue.sentSeq < nextSeq - 1 && this.#queues.has(number)) this.#behind.add(queue);
    else this.#behind.delete(queue);
  }

  #sendLatest(queue: Queue): void {
    const { latest } = queue.channel.kept;
    if (!latest || latest.seq <= queue.sentSeq) return;
    if (queue.unacknowledged.length >= this.limits.unacknowledgedFramesMax) return;
    if (!this.#hasRoom(latest.size, CONFLATED_ROOM)) return;
    const dropped = latest.seq - queue.sentSeq - 1;
    this.counts.framesDropped += dropped;
    this.#sendFrame(queue, latest.seq, withDropped(latest.bytes, dropped));
  }

  #sendMissing(queue: Queue): void {
    const { channel } = queue;
    const oldestUnacknowledged = queue.unacknowledged[0]?.seq ?? queue.sentSeq + 1;
    const behind = channel.nextSeq - Math.max(oldestUnacknowledged, queue.sinceSeq);
    if (behind > this.limits.losslessFramesMax) {
      this.#overflow(queue);
      return;
    }
    while (queue.sentSeq < channel.nextSeq - 1) {
      const next = channel.kept.at(queue.sentSeq + 1);
      if (!next) {
        this.#overflow(queue);
        return;
      }
      if (!this.#hasRoom(next.size, LOSSLESS_ROOM)) return;
      this.#sendFrame(queue, next.seq, next.bytes);
    }
  }

  #sendFrame(queue: Queue, seq: number, bytes: Uint8Array): void {
    const atMs = this.nowMs();
    if (this.#unacknowledged === 0) this.#acknowledgedAtMs = atMs;
    this.#unacknowledged += 1;
    queue.unacknowledged.push({ seq, atMs });
    queue.sentSeq = seq;
    this.counts.framesSent += 1;
    this.#send(bytes);
  }

  /** Whether so many bytes more may be queued; into an empty queue one message of any size may. */
  #hasRoom(bytes: number, share: number): boolean {
    const { bufferedAmount } = this.socket;
    return bufferedAmount === 0 || bufferedAmount + bytes <= this.limits.queuedBytesMax * share;
  }

  #send(bytes: Uint8Array): void {
    if (this.socket.bufferedAmount === 0) this.#takenAtMs = this.nowMs();
    this.counts.bytesSent += bytes.length;
    this.socket.send(bytes, sendOptions, this.#taken);
  }

  // A failed write needs no handling here: the socket's own error and close events follow it.
  readonly #taken = (): void => {
    this.#takenAtMs = this.nowMs();
    for (const queue of this.#behind) this.#advance(queue);
  };
}
