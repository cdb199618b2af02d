const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count, with its thousands apart. */
export const countText = (count: number): string => whole.format(count);

/** A number of three significant digits, short. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size >= 1000 && size < 1e7) return countText(value);
  return size !== 0 && (size < 1e-3 || size >= 1e7)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes, in the largest unit of which there is one. */
export function sizeText(bytes: number): string {
  const power = bytes >= 1 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  return `${numberText(Number((bytes / 1000 ** power).toPrecision(3)))} ${UNITS[power]}`;
}
