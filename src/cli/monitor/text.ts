/** How a piece of text looks on a terminal that has colours. */
export type Look = "plain" | "strong" | "faint" | "good" | "bad" | "accent" | "chosen";

/** A piece of a line; every character of it is one column wide. */
export interface Piece {
  readonly text: string;
  readonly look: Look;
}

/** One row of the terminal. */
export type Line = readonly Piece[];

const codes: Readonly<Record<Look, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  good: "32",
  bad: "31;1",
  accent: "36",
  chosen: "7",
};

/** Above it lie scripts whose characters take two columns, and none that Eddy draws with but those of its own. */
const WIDE_FROM = 0x1100;
const drawn = /[\u2010-\u203a\u2190-\u22ff\u2500-\u25ff\u2713\u2717]/;

/** Text of which every character is one column wide and none steers the terminal; others become "?". */
export function columns(text: string): string {
  return [...text.normalize("NFC")]
    .map((character) => {
      const isOne = /^[\p{L}\p{N}\p{P}\p{S} ]$/u.test(character) && character.codePointAt(0)! < WIDE_FROM;
      return isOne || drawn.test(character) ? character : "?";
    })
    .join("");
}

/** A piece of a line, of any text. */
export const piece = (text: string, look: Look = "plain"): Piece => ({ text: columns(text), look });

/** Columns that a line takes. */
export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** A line cut to a width; where something is missing, its last column says so. */
export function clip(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line;
  const kept: Piece[] = [];
  let room = Math.max(0, width - 1);
  for (const { text, look } of line) {
    if (room === 0) break;
    kept.push({ text: text.slice(0, room), look });
    room -= Math.min(room, text.length);
  }
  return width > 0 ? [...kept, { text: "…", look: "faint" }] : [];
}

/** A line with one part at its left edge and one at its right, as far as there is room for both. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = width - widthOf(right);
  if (room < 1) return clip(left, width);
  const first = clip(left, room - 1);
  return [...first, piece(" ".repeat(width - widthOf(first) - widthOf(right))), ...right];
}

/** Text in exactly so many columns. */
export function inColumns(text: string, width: number): string {
  const shown = columns(text);
  return shown.length <= width
    ? shown.padEnd(width)
    : `${shown.slice(0, Math.max(0, width - 1))}…`.slice(0, width);
}

/** A line as a terminal takes it. */
export function painted(line: Line, hasColours: boolean): string {
  return line
    .map(({ text, look }) => (hasColours && codes[look] ? `\x1b[${codes[look]}m${text}\x1b[0m` : text))
    .join("");
}
