import { createRequire } from "node:module";
import { createCanvas, GlobalFonts } from "@napi-rs/canvas";
import { invariant } from "../../errors.js";

/**
 * Arimo comes with Eddy, so that a machine without fonts draws text too. The others are as wide as it is, letter for
 * letter, so that an SVG looks alike where Arimo is not installed.
 */
export const fontFamily = "Arimo, Arimo Greek, Liberation Sans, Arial, Helvetica, sans-serif";

const faces = [
  ["latin-400", "Arimo"],
  ["latin-700", "Arimo"],
  ["greek-400", "Arimo Greek"],
  ["greek-700", "Arimo Greek"],
] as const;

const { resolve } = createRequire(import.meta.url);
for (const [face, family] of faces) {
  const file = resolve(`@fontsource/arimo/files/arimo-${face}-normal.woff2`);
  invariant(GlobalFonts.registerFromPath(file, family) !== null, `${file} is a font`);
}

const measuring = createCanvas(1, 1).getContext("2d");

/** Width of a text in pixels. @param weight "normal", "bold", or a number of CSS */
export function textWidth(text: string, size: number, weight: string | number = "normal"): number {
  measuring.font = `${weight} ${size}px ${fontFamily}`;
  return measuring.measureText(text).width;
}

/** A title in as many lines as it needs to stay within a length; a longer word stays whole. */
export function wrapped(text: string, size: number, length: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length > 0 && textWidth(longer, size) <= length) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
