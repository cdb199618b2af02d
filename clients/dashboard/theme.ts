const dark = matchMedia("(prefers-color-scheme: dark)");

/** A colour of the style sheet, by the name of its custom property. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The colour of the n-th block or task. */
export const seriesColour = (index: number): string => colour(`series-${(index % 8) + 1}`);

/** Tells when the page's colours have changed. @returns what stops it */
export function onThemeChange(changed: () => void): () => void {
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}

/** The font that canvases write in. */
export const canvasFont = (pixels: number): string => `${pixels}px system-ui, sans-serif`;
