import type { Kernels } from "../../kernels/kernels.js";
import type { BenchOptions, BenchPart } from "./bench-options.js";
import type { BenchResult } from "./bench-result.js";
import type { Effort } from "./timing.js";

/** A bench under way. */
export interface Bench {
  readonly kernels: Kernels;
  readonly options: BenchOptions;
  /** what was measured so far */
  readonly result: BenchResult;
  readonly effort: Effort;
}

/** One of the things that a bench measures; leaves its figures in the result. */
export interface Measurement {
  readonly part: BenchPart;
  readonly what: string;
  /** at least so many seconds, by what is known when its turn comes */
  readonly estimate?: () => number;
  /** @param within hears how far it is, from 0 to 1, if it takes long */
  run(within: (part: number) => void, signal?: AbortSignal): Promise<void>;
}
