import { expect } from "vitest";
import type { Measure, Row } from "../../../src/experiments/measure.js";
import { referenceKernels } from "../../../src/kernels/reference/reference-kernels.js";
import { validate } from "../../../src/model/validate.js";
import { type RunInput, resolveRun } from "../../../src/simulation/run-description.js";

/** What a measure gave, and what it left behind. */
export interface Measured {
  readonly rows: readonly Row[];
  /** shares that it told as it went */
  readonly shares: readonly number[];
  /** handles that are still alive */
  readonly live: number;
}

/** What a test sets of the context. */
export interface Surroundings {
  readonly partial?: string;
  /** after each share that the measure tells */
  readonly told?: () => void;
}

/** Measures a run on the reference backend. */
export async function measured<Options>(
  { options, measure }: Measure<Options>,
  run: RunInput,
  given: unknown = {},
  data = "",
  signal: AbortSignal = new AbortController().signal,
  { partial, told }: Surroundings = {},
): Promise<Measured> {
  const kernels = referenceKernels();
  const shares: number[] = [];
  const progress = (share: number) => {
    shares.push(share);
    told?.();
  };
  try {
    const checked = validate(options, given, "options");
    const context = { kernels, data, signal, partial: partial ?? null, progress };
    const rows = await measure(resolveRun(run), checked, context);
    return { rows, shares, live: kernels.live() };
  } finally {
    kernels.close();
  }
}

/** Ends a measure, as Ctrl-C does, once it told of so many shares. */
export async function endedAfter<Options>(
  shares: number,
  measure: Measure<Options>,
  run: RunInput,
  given: unknown,
  partial: string,
  data = "",
): Promise<void> {
  const abort = new AbortController();
  let left = shares;
  const told = () => {
    left -= 1;
    if (left === 0) abort.abort(new Error("enough"));
  };
  const ended = measured(measure, run, given, data, abort.signal, { partial, told });
  await expect(ended).rejects.toThrow("enough");
}
