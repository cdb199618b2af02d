type Attribute = string | number | boolean | undefined;

/**
 * Makes an element. Attributes that are `true` are set without a value, those that are `false` or undefined left out.
 * Text is always text, never markup.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Sets an element's text, without work when it has not changed. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

let idsGiven = 0;

/** A control and its label, side by side. */
export function labelled(text: string, control: HTMLElement, unit?: string): HTMLElement {
  idsGiven += 1;
  control.id ||= `control-${idsGiven}`;
  const label = element("label", { for: control.id }, text);
  const field = element("div", { class: "field" }, label, control);
  if (unit) field.append(element("span", { class: "unit" }, unit));
  return field;
}

export function button(text: string, press: () => void, attributes: Record<string, Attribute> = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
}

/** A box to choose from; values are the options' own. */
export function choice<Value extends string>(
  options: readonly (readonly [value: Value, text: string])[],
  chosen: Value,
  change: (value: Value) => void,
): HTMLSelectElement {
  const made = element("select");
  for (const [value, text] of options) {
    made.append(element("option", { value, selected: value === chosen }, text));
  }
  made.addEventListener("change", () => change(options[made.selectedIndex][0]));
  return made;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count, with its thousands apart. */
export const countText = (count: number): string => whole.format(count);

/** A number of three significant digits, short. */
export const numberText = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
