import { type Line, piece } from "./text.js";

const keys = [
  ["space", "pause, or let it run on"],
  ["s", "step: pause, then one tick; S: ten"],
  ["+ -", "faster, slower; m: as fast as possible"],
  ["↑ ↓", "select a gate"],
  ["← →", "close and open it by a tenth; 0 and 1: all the way"],
  ["r", "reset; asks for what"],
  ["c", "write a checkpoint"],
  ["u U", "trace of a unit in place of the mean of |h|: the next one, back to the mean"],
  ["q", "quit; the run goes on"],
  ["?", "this help, and back"],
] as const;

/** What the keys do, one a line. */
export const helpLines: readonly Line[] = [
  [piece(" keys", "strong")],
  ...keys.map(([key, does]): Line => [piece(`  ${key.padEnd(7)}`, "accent"), piece(does)]),
];

/** The keys, in one line. */
export const keyLine: Line = [
  piece(" space pause  s step  +- speed  ↑↓←→ gates  r reset  c save  ? help  q quit", "faint"),
];
