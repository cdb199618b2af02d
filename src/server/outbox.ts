import type { WebSocket } from "ws";
import { withDropped } from "../wire/codec.js";
import { closeCodes } from "../wire/protocol.js";
import type { ServerLimits } from "./limits.js";

/**
 * What may become of frames that a client is too slow for. `conflated`: only the latest is kept; `metrics`: none is
 * lost, or the client must start anew (4010); `events`: likewise, as a slow client (4008).
 */
export type Delivery = "conflated" | "metrics" | "events";

interface Sent {
  readonly seq: number;
  readonly atMs: number;
}

interface Queue {
  readonly delivery: Delivery;
  /** frames that were sent and not acknowledged, in order */
  unacknowledged: Sent[];
  /** latest frame that could not be sent yet; of conflated channels only */
  waiting: { readonly seq: number; readonly frame: Uint8Array } | undefined;
  /** frames since the last sent one that will never be */
  dropped: number;
}

/**
 * What goes out to one client. A socket's own buffer shows a stalled reader only after megabytes are lost in the
 * kernel, so it counts acknowledgements.
 */
export class Outbox {
  readonly #queues = new Map<number, Queue>();
  #acknowledgedAtMs = 0;
  #takenAtMs = 0;
  #unacknowledged = 0;

  /** @param end ends the connection with a close code; nothing is sent after it */
  constructor(
    private readonly socket: WebSocket,
    private readonly limits: ServerLimits,
    private readonly nowMs: () => number,
    private readonly end: (code: number, reason: string) => void,
  ) {}

  open(channel: number, delivery: Delivery): void {
    this.#queues.set(channel, { delivery, unacknowledged: [], waiting: undefined, dropped: 0 });
  }

  close(channel: number): void {
    this.#unacknowledged -= this.#queues.get(channel)?.unacknowledged.length ?? 0;
    this.#queues.delete(channel);
  }

  /** Forgets all that waits, so that nothing is sent any more. */
  clear(): void {
    this.#queues.clear();
    this.#unacknowledged = 0;
  }

  /** Sends a reply, an error or a heartbeat. */
  sendControl(bytes: Uint8Array): void {
    if (!this.#hasRoom(bytes.length, this.limits.queuedBytesMax)) {
      this.end(closeCodes.slow, "the queue of replies is full");
      return;
    }
    this.#send(bytes);
  }

  /** Sends a frame, keeps it until there is room, or ends the connection, as its channel's delivery says. */
  sendFrame(channel: number, seq: number, frame: Uint8Array): void {
    const queue = this.#queues.get(channel);
    if (!queue) return;
    if (queue.delivery === "conflated") {
      if (queue.waiting) queue.dropped += 1;
      queue.waiting = { seq, frame };
      this.#sendWaiting(queue);
      return;
    }
    const isFull = queue.unacknowledged.length >= this.limits.losslessFramesMax;
    if (isFull || !this.#hasRoom(frame.length, this.limits.queuedBytesMax)) {
      this.#overflow(queue);
      return;
    }
    this.#sendQueued(queue, seq, frame);
  }

  /** The client has all frames of the channel up to `seq`; of a channel that is closed already it says nothing. */
  acknowledge(channel: number, seq: number): void {
    const queue = this.#queues.get(channel);
    if (!queue) return;
    const before = queue.unacknowledged.length;
    queue.unacknowledged = queue.unacknowledged.filter((sent) => sent.seq > seq);
    const acknowledged = before - queue.unacknowledged.length;
    if (acknowledged === 0) return;
    this.#unacknowledged -= acknowledged;
    this.#acknowledgedAtMs = this.nowMs();
    this.#sendWaiting(queue);
  }

  /** Ends the connection of a client that makes no progress. */
  sweep(): void {
    const nowMs = this.nowMs();
    const isStalled =
      (this.#unacknowledged > 0 && nowMs - this.#acknowledgedAtMs > this.limits.stalledMsMax) ||
      (this.socket.bufferedAmount > 0 && nowMs - this.#takenAtMs > this.limits.stalledMsMax);
    if (isStalled) {
      this.end(closeCodes.slow, "no progress");
      return;
    }
    for (const queue of this.#queues.values()) {
      const oldest = queue.unacknowledged[0];
      const isLossless = queue.delivery !== "conflated";
      if (isLossless && oldest && nowMs - oldest.atMs > this.limits.losslessMsMax) {
        this.#overflow(queue);
        return;
      }
    }
  }

  #overflow(queue: Queue): void {
    if (queue.delivery === "events") this.end(closeCodes.slow, "the queue of events is full");
    else this.end(closeCodes.resync, "frames of a lossless topic were lost");
  }

  #sendWaiting(queue: Queue): void {
    const { waiting } = queue;
    if (!waiting || queue.unacknowledged.length >= this.limits.unacknowledgedFramesMax) return;
    // Conflated frames leave half of the room to replies and lossless frames.
    if (!this.#hasRoom(waiting.frame.length, this.limits.queuedBytesMax / 2)) return;
    const frame = withDropped(waiting.frame, queue.dropped);
    queue.waiting = undefined;
    queue.dropped = 0;
    this.#sendQueued(queue, waiting.seq, frame);
  }

  #sendQueued(queue: Queue, seq: number, frame: Uint8Array): void {
    const atMs = this.nowMs();
    if (this.#unacknowledged === 0) this.#acknowledgedAtMs = atMs;
    this.#unacknowledged += 1;
    queue.unacknowledged.push({ seq, atMs });
    this.#send(frame);
  }

  /** Whether so many bytes more may be queued; into an empty queue one message of any size may. */
  #hasRoom(bytes: number, bytesMax: number): boolean {
    return this.socket.bufferedAmount === 0 || this.socket.bufferedAmount + bytes <= bytesMax;
  }

  #send(bytes: Uint8Array): void {
    if (this.socket.bufferedAmount === 0) this.#takenAtMs = this.nowMs();
    this.socket.send(bytes, this.#taken);
  }

  // A failed write needs no handling here: the socket's own error and close events follow it.
  readonly #taken = (): void => {
    this.#takenAtMs = this.nowMs();
    for (const queue of this.#queues.values()) this.#sendWaiting(queue);
  };
}
