import type { Kernels, Tensor } from "../kernels/kernels.js";
import { disposeStimulus } from "./network-state.js";

/** What waits for the next tick boundary: all feedback, and all that comes from outside. */
export type QueuedEvent =
  | { readonly kind: "gate"; readonly key: string; readonly gate: number }
  | { readonly kind: "learningRate"; readonly key: ""; readonly value: number }
  | { readonly kind: "beta"; readonly key: ""; readonly value: number }
  | { readonly kind: "spectralRadius"; readonly key: string; readonly value: number }
  /** key: the readout; error: [batch, size], owned by the queue */
  | { readonly kind: "outputError"; readonly key: string; readonly error: Tensor }
  /** key: the task; tensors owned by the queue */
  | {
      readonly kind: "stimulus";
      readonly key: string;
      readonly input: Tensor;
      readonly target: Tensor | null;
    };

/** Settings first, then what they act on. */
const kinds: readonly QueuedEvent["kind"][] = [
  "learningRate",
  "beta",
  "spectralRadius",
  "gate",
  "outputError",
  "stimulus",
];

/** Frees what an event owns that nobody will act on. */
export function disposeQueued(kernels: Kernels, event: QueuedEvent): void {
  if (event.kind === "outputError") kernels.dispose(event.error);
  if (event.kind === "stimulus") disposeStimulus(kernels, event);
}

/** The one tick-boundary queue. */
export interface TickQueue {
  /**
   * Queues an event; `source` names who sends it. Of a task's stimuli from one source only the latest waits.
   * @returns the stimulus that it took the place of, whose tensors belong to the caller; else null
   */
  push(event: QueuedEvent, source?: string): QueuedEvent | null;
  /** Hands out what was queued before this call. What follows an event that fails stays queued. */
  drain(apply: (event: QueuedEvent) => void): void;
  readonly length: number;
}

/**
 * Run-to-completion: what is pushed while a boundary is being worked off waits for the next one. Events are handed out
 * by kind, then key, then source, and in their own order only within one source: how the events of several sources
 * interleave within a tick does not show.
 */
export function tickQueue(): TickQueue {
  let waiting: { event: QueuedEvent; rank: string }[] = [];
  return {
    push(event, source = "") {
      const rank = JSON.stringify([kinds.indexOf(event.kind), event.key, source]);
      const before = event.kind === "stimulus" ? waiting.findIndex((entry) => entry.rank === rank) : -1;
      const [displaced] = before < 0 ? [] : waiting.splice(before, 1);
      waiting.push({ event, rank });
      return displaced?.event ?? null;
    },
    drain(apply) {
      if (waiting.length === 0) return;
      const batch = waiting;
      waiting = [];
      batch.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
      let begun = 0;
      try {
        for (const { event } of batch) {
          begun += 1;
          apply(event);
        }
      } finally {
        waiting = [...batch.slice(begun), ...waiting];
      }
    },
    get length() {
      return waiting.length;
    },
  };
}
