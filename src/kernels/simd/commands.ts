import type { Arena } from "./arena.js";

// Word by word the structures of c/commands.h; `words` is their length. Written out, as the engine reads literal objects
// fastest.

export const matrixWords = {
  neurons: 0,
  blocks: 1,
  blockRows: 2,
  segments: 3,
  starts: 4,
  counts: 5,
  columns: 6,
  sources: 7,
  weights: 8,
  panels: 9,
  slots: 10,
  slotStarts: 11,
  slotCounts: 12,
  slotSources: 13,
  rowPanels: 14,
  rowPanelWidth: 15,
  rowStarts: 16,
  rowTargets: 17,
  rowWeights: 18,
  words: 19,
} as const;

export const jobWords = {
  matrix: 0,
  form: 1,
  activation: 2,
  iterations: 3,
  batch: 4,
  lanes: 5,
  tiles: 6,
  bias: 7,
  from: 8,
  drive: 9,
  state: 10,
  other: 11,
  needed: 12,
  quiet: 13,
  chunks: 14,
  measured: 15,
  tolerance: 16,
  gain: 17,
  step: 18,
  kept: 19,
  epsilonSet: 20,
  epsilon: 21,
  spoken: 22,
  sum: 23,
  delta: 24,
  active: 25,
  full: 26,
  made: 27,
  settled: 28,
  residual: 29,
  changed: 30,
  spoke: 31,
  speaking: 32,
  words: 33,
} as const;

export const settlingWords = { jobs: 0, count: 1, parts: 2, iteration: 3, words: 4 } as const;

export const termWords = {
  source: 0,
  sourceUnits: 1,
  sourceStart: 2,
  sourceCount: 3,
  weights: 4,
  targetStart: 5,
  targetCount: 6,
  scale: 7,
  words: 8,
} as const;

export const projectingWords = {
  batch: 0,
  lanes: 1,
  tiles: 2,
  units: 3,
  terms: 4,
  count: 5,
  base: 6,
  bias: 7,
  result: 8,
  nonlinearity: 9,
  chunks: 10,
  scratch: 11,
  scratchStride: 12,
  words: 13,
} as const;

export const gradientWords = {
  batch: 0,
  lanes: 1,
  tiles: 2,
  source: 3,
  sourceUnits: 4,
  sourceStart: 5,
  error: 6,
  errorUnits: 7,
  errorStart: 8,
  scale: 9,
  rows: 10,
  words: 11,
} as const;

export const learningWords = {
  terms: 0,
  count: 1,
  rows: 2,
  columns: 3,
  weights: 4,
  first: 5,
  second: 6,
  result: 7,
  chunks: 8,
  adam: 9,
  rate: 10,
  beta1: 11,
  beta2: 12,
  epsilon: 13,
  secondFactor: 14,
  transposing: 15,
  words: 16,
} as const;

export const elementwiseWords = { a: 0, b: 1, result: 2, count: 3, activation: 4, words: 5 } as const;

export const packingWords = { rows: 0, tiles: 1, batch: 2, units: 3, lanes: 4, words: 5 } as const;

/** Nonlinearities of a projection beside the activations. */
export const nothing = 100;
export const softmax = 101;

/** Forms of a recurrent matrix (c/commands.h). */
export const forms = { lists: 0, panels: 1, slots: 2 } as const;

export type Form = keyof typeof forms;

/** Room for commands that lasts until the kernel has run. */
export function withCommand<T>(arena: Arena, words: number, use: (offset: number) => T): T {
  const offset = arena.allocate(words * 4);
  try {
    return use(offset);
  } finally {
    arena.free(offset);
  }
}
