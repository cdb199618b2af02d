import { wrapped } from "./fonts.js";

/** Ticks at powers of ten, and at 2 and 5 of each where there are few. @param low above 0 */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const steps = last - first <= 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every)
    ticks.push(...steps.map((step) => Number(`${step}e${power}`)));
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

/** Where a symmetric logarithm turns linear: below the smallest size, but at most six powers under the largest. */
export function symlogConstant(values: readonly number[]): number {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0) return 1;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return 10 ** Math.floor(Math.log10(Math.max(least, most * 1e-6)));
}

/** 0, and powers of ten on either side of it. */
export function symlogTicks(values: readonly number[]): number[] {
  const constant = symlogConstant(values);
  const side = (sign: 1 | -1): number[] => {
    const most = values.reduce((found, value) => Math.max(found, sign * value), 0);
    // next to 0 there is no room for two labels
    return most > 10 * constant ? logTicks(10 * constant, most).map((tick) => sign * tick) : [];
  };
  return [...side(-1).reverse(), 0, ...side(1)];
}

type Scale = "linear" | "log" | "symlog";

/** The least and the largest of many numbers, which spread arguments could not take. */
export const extentOf = (values: readonly number[]): [number, number] => [
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
];

/** Few places on a logarithm are its ticks themselves, such as batch sizes. */
const fewValues = 6;

const ticksOf = (kind: Scale, values: readonly number[]): { values?: number[] } => {
  const used = kind === "log" ? values.filter((value) => value > 0) : values;
  if (kind === "linear" || used.length === 0) return {};
  const different = [...new Set(used)];
  if (kind === "log" && different.length <= fewValues) return { values: different };
  const places = kind === "log" ? logTicks(...extentOf(used)) : symlogTicks(used);
  return places.length > 1 ? { values: places } : {};
};

/** About as many ticks as an axis of numbers has; its ends are among them. */
const ticks = 6;

/** A single value has room to either side, so that its axis has more than one tick. */
function roomAround(kind: Scale, [low, high]: readonly [number, number]): { domain?: [number, number] } {
  if (low !== high || (kind === "log" && low <= 0)) return {};
  return { domain: kind === "log" ? [low / 2, low * 2] : [low - 1, low + 1] };
}

/** Numbers with many zeros are written as powers of ten. */
function linearFormat([low, high]: readonly [number, number]): { format?: string } {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return size >= 1e6 || (size > 0 && size < 1e-3) ? { format: "~e" } : {};
}

/** Labels of a logarithm: all as plain numbers, or all as powers of ten where one has too many zeros. */
function powersLabel(values: readonly number[]): string {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const [least, most] = extentOf(sizes);
  return least < 1e-4 || most >= 1e6
    ? "datum.value === 0 ? '0' : replace(format(datum.value, '~e'), '+', '')"
    : "format(datum.value, '~r')";
}

/** An axis of numbers over all values that it has to show. A logarithm's ends at powers of ten would leave much empty. */
export function numberAxis(kind: Scale, values: readonly number[], title: string | string[]) {
  const whole = kind === "linear" && values.every(Number.isInteger);
  const extent = extentOf(values);
  return {
    type: "quantitative" as const,
    title,
    scale: {
      type: kind,
      ...(kind === "log"
        ? { nice: false, padding: 6 }
        : { nice: kind === "linear" ? ticks : true, zero: false }),
      ...(kind === "symlog" ? { constant: symlogConstant(values) } : {}),
      ...roomAround(kind, extent),
    },
    axis: {
      ...ticksOf(kind, values),
      ...(whole ? { tickMinStep: 1 } : {}),
      ...(kind === "linear"
        ? { tickCount: ticks, ...linearFormat(extent) }
        : { labelExpr: powersLabel(values), labelOverlap: "greedy" as const }),
    },
  };
}

/** An axis' title, in lines that are not longer than the axis. */
export const axisTitle = (title: string, length: number): string[] =>
  wrapped(title, 12, Math.max(length, 120));
