const dark = matchMedia("(prefers-color-scheme: dark)");

// Asking the browser makes it work out all styles anew, which is too much for every line of a picture.
const known = new Map<string, string>();
dark.addEventListener("change", () => known.clear());

/** A colour of the style sheet, by the name of its custom property. */
export function colour(name: string): string {
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  const asked = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  known.set(name, asked);
  return asked;
}

/** The colour of the n-th block or task. */
export const seriesColour = (index: number): string => colour(`series-${(index % 8) + 1}`);

/** Tells when the page's colours have changed. @returns what stops it */
export function onThemeChange(changed: () => void): () => void {
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}

/** The font that canvases write in. */
export const canvasFont = (pixels: number): string => `${pixels}px system-ui, sans-serif`;
