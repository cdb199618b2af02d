import { element, labelled, numberText } from "./dom.js";
import { Steered } from "./steered.js";

export interface NumberBoxOptions {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** what the arrow keys add */
  readonly step: number;
  readonly unit?: string;
}

/** A number of the simulation that can be typed over: sent with Enter or on leaving, taken back with Escape. */
export class NumberBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  readonly #steered: Steered<number>;
  #isEdited = false;

  constructor({ label, min, max, step, unit }: NumberBoxOptions, send: (value: number) => Promise<unknown>) {
    this.input = element("input", { type: "number", min, max, step, inputmode: "decimal" });
    this.element = labelled(label, this.input, unit);
    this.#steered = new Steered<number>((value) => {
      if (!this.#isEdited) this.input.value = numberText(value);
    }, send);
    this.input.addEventListener("input", () => {
      this.#isEdited = true;
    });
    this.input.addEventListener("change", () => this.#commit(min, max));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#takeBack();
    });
    this.input.addEventListener("blur", () => this.#takeBack());
  }

  status(value: number): void {
    this.#steered.status(value);
  }

  #commit(min: number, max: number): void {
    const value = this.input.valueAsNumber;
    if (!(value >= min && value <= max)) {
      this.input.setCustomValidity(`a number from ${min} to ${max} is needed`);
      this.input.reportValidity();
      this.input.setCustomValidity("");
      return;
    }
    this.#isEdited = false;
    this.#steered.change(value);
  }

  #takeBack(): void {
    this.#isEdited = false;
    // the reply to the change will show what holds; until then what was confirmed is old
    if (this.#steered.isInFlight || this.#steered.confirmed === undefined) return;
    this.input.value = numberText(this.#steered.confirmed);
  }
}
