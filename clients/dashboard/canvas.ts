/** A canvas that is as wide as its box and sharp on every screen. */
export class SharpCanvas {
  readonly element = document.createElement("canvas");
  readonly #context: CanvasRenderingContext2D;
  readonly #resizing: ResizeObserver;
  #width = 0;

  /**
   * @param label what it shows, for those who do not see it
   * @param resized called when it is empty because its size has changed
   */
  constructor(
    label: string,
    private readonly height: number,
    resized: () => void,
  ) {
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", label);
    this.element.style.height = `${height}px`;
    const context = this.element.getContext("2d");
    if (!context) throw new Error("this browser has no canvas to draw on");
    this.#context = context;
    this.#resizing = new ResizeObserver(() => {
      if (this.#fit()) resized();
    });
    this.#resizing.observe(this.element);
  }

  /** Draws anew, in CSS pixels. */
  paint(draw: (context: CanvasRenderingContext2D, width: number, height: number) => void): void {
    this.#fit();
    if (this.#width === 0) return;
    const scale = this.element.width / this.#width;
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#context.clearRect(0, 0, this.#width, this.height);
    draw(this.#context, this.#width, this.height);
  }

  close(): void {
    this.#resizing.disconnect();
  }

  /** @returns whether its size has changed */
  #fit(): boolean {
    const width = this.element.clientWidth;
    const pixels = Math.round(width * devicePixelRatio);
    if (this.element.width === pixels && this.#width === width) return false;
    this.#width = width;
    this.element.width = pixels;
    this.element.height = Math.round(this.height * devicePixelRatio);
    return true;
  }
}
