/** At most 30 pictures a second: more are not told apart, and cost the machine that simulates. */
const PICTURE_MS_MIN = 33;
/** Drawing takes at most this part of the page's time. */
const SHARE_MAX = 0.35;

/** Something that is drawn when what it shows has changed. */
export interface Drawing {
  draw(): void;
}

/** Draws what has changed, all of it in one go before the browser paints; nothing while the page is hidden. */
export class Scheduler {
  readonly #changed = new Set<Drawing>();
  #isWaiting = false;
  #notBeforeMs = 0;

  request(drawing: Drawing): void {
    this.#changed.add(drawing);
    this.#wait();
  }

  cancel(drawing: Drawing): void {
    this.#changed.delete(drawing);
  }

  #wait(): void {
    if (this.#isWaiting || this.#changed.size === 0) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      if (performance.now() >= this.#notBeforeMs) this.#draw();
      this.#wait();
    });
  }

  #draw(): void {
    const startMs = performance.now();
    const drawings = [...this.#changed];
    this.#changed.clear();
    for (const drawing of drawings) drawing.draw();
    const tookMs = performance.now() - startMs;
    this.#notBeforeMs = startMs + Math.max(PICTURE_MS_MIN - 5, tookMs / SHARE_MAX);
  }
}
