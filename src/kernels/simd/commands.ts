import type { Arena } from "./arena.js";

/** Word by word the structures of c/commands.h. */
const numbered = <Name extends string>(
  ...names: readonly Name[]
): Readonly<Record<Name | "words", number>> => {
  const words: Record<string, number> = { words: names.length };
  names.forEach((name, index) => {
    words[name] = index;
  });
  return words as Record<Name | "words", number>;
};

export const matrixWords = numbered(
  "neurons",
  "blocks",
  "blockRows",
  "segments",
  "starts",
  "counts",
  "columns",
  "sources",
  "weights",
  "panels",
  "slots",
  "slotStarts",
  "slotCounts",
  "slotSources",
  "rowPanels",
  "rowPanelWidth",
  "rowStarts",
  "rowTargets",
  "rowWeights",
);

export const jobWords = numbered(
  "matrix",
  "form",
  "activation",
  "iterations",
  "batch",
  "lanes",
  "tiles",
  "bias",
  "from",
  "drive",
  "state",
  "other",
  "needed",
  "quiet",
  "chunks",
  "measured",
  "tolerance",
  "epsilonSet",
  "epsilon",
  "spoken",
  "sum",
  "delta",
  "active",
  "full",
  "made",
  "settled",
  "residual",
  "changed",
  "spoke",
);

export const settlingWords = numbered("jobs", "count", "parts", "iteration");

export const termWords = numbered(
  "source",
  "sourceUnits",
  "sourceStart",
  "sourceCount",
  "weights",
  "targetStart",
  "targetCount",
  "scale",
);

export const projectingWords = numbered(
  "batch",
  "lanes",
  "tiles",
  "units",
  "terms",
  "count",
  "base",
  "bias",
  "result",
  "nonlinearity",
  "chunks",
  "scratch",
  "scratchStride",
);

export const gradientWords = numbered(
  "batch",
  "lanes",
  "tiles",
  "source",
  "sourceUnits",
  "sourceStart",
  "error",
  "errorUnits",
  "errorStart",
  "scale",
  "rows",
);

export const learningWords = numbered(
  "terms",
  "count",
  "rows",
  "columns",
  "weights",
  "first",
  "second",
  "result",
  "chunks",
  "adam",
  "rate",
  "beta1",
  "beta2",
  "epsilon",
  "secondFactor",
  "transposing",
);

export const elementwiseWords = numbered("a", "b", "result", "count", "activation");

export const packingWords = numbered("rows", "tiles", "batch", "units", "lanes");

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
