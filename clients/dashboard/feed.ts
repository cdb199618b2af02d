import { type Frame, textOf, type View, type WatchOptions } from "eddy/client";

/** What a part of the page is told of a topic. */
export interface FeedListener {
  /** @param lost frames that were left out before this one; Infinity where nobody knows how many */
  frame(tick: number, payload: Frame["payload"], lost: number): void;
  /** nothing follows */
  refused(reason: string): void;
}

interface Watching {
  unsubscribe(): void;
}

/** A topic that the page looks at, with options that change. */
export class Feed {
  #shown: Watching | undefined;
  /** what is to take its place, as soon as its first frame comes */
  #coming: Watching | undefined;
  #options = "";

  constructor(
    private readonly view: View,
    private readonly topic: string,
    private readonly listener: FeedListener,
    options: WatchOptions,
  ) {
    this.change(options);
  }

  /** Asks for something else of the topic; the frames of before go on until that begins. */
  change(options: WatchOptions): void {
    const text = JSON.stringify(options);
    if (text === this.#options) return;
    this.#options = text;
    this.#coming?.unsubscribe();
    let hasBegun = false;
    const watching = this.view.watch(this.topic, options).subscribe({
      next: ({ tick, payload, dropped, gap }) => {
        if (!hasBegun) {
          hasBegun = true;
          // what is asked for may be there before `watching` is
          queueMicrotask(() => this.#begun(watching));
        }
        this.listener.frame(tick, payload, gap === "unknown" ? Number.POSITIVE_INFINITY : dropped);
      },
      error: (error: unknown) => this.listener.refused(`${this.topic}: ${textOf(error)}`),
    });
    this.#coming = watching;
  }

  close(): void {
    this.#coming?.unsubscribe();
    this.#shown?.unsubscribe();
  }

  #begun(watching: Watching): void {
    if (this.#coming !== watching) return;
    this.#shown?.unsubscribe();
    this.#shown = watching;
    this.#coming = undefined;
  }
}
