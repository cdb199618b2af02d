const LEVELS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/**
 * The last values as a row of blocks, one a column, right-aligned.
 * @param least the value of the lowest block, most that of the highest; others count for these
 * @returns exactly `width` columns
 */
export function sparkline(values: readonly number[], width: number, least: number, most: number): string {
  if (width <= 0) return "";
  const shown = values.slice(-width).map((value) => {
    if (!Number.isFinite(value)) return "×";
    const share = most > least ? (value - least) / (most - least) : 0;
    const level = Math.round(share * (LEVELS.length - 1));
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, level || 0))];
  });
  return shown.join("").padStart(width);
}

/** A bar from the left, of so much of its width. @param share 0 to 1 @returns exactly `width` columns */
export function bar(share: number, width: number): string {
  if (width <= 0) return "";
  const eighths = Math.round(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * width * 8);
  const text = "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return text.padEnd(width, "·");
}
