import { z } from "zod";
import type { Kernels } from "../kernels/kernels.js";
import type { Run } from "../simulation/run-description.js";

/** What a column of a result may hold; null where there is nothing to say. */
export const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export type Value = z.output<typeof valueSchema>;

/** One line of a result's table, by column. Columns say their unit where they have one; accuracies are in percent. */
export type Row = Readonly<Record<string, Value>>;

/** What a measure is given besides the run. */
export interface MeasureContext {
  readonly kernels: Kernels;
  /** folder of the data sets */
  readonly data: string;
  /** once aborted, the measure rejects with the signal's reason as soon as it can */
  readonly signal: AbortSignal;
  /**
   * where it may keep files that let it go on after an interruption, as the start of their paths; null: nowhere. The
   * caller removes them once the measure is over.
   */
  readonly partial: string | null;
  /** Tells how far it is, from 0 to 1, and what it is doing. */
  progress(share: number, what: string): void;
}

/** What is done with one run of a study: training it, or an analysis. A value; it keeps nothing. */
export interface Measure<Options> {
  /** one line: what it measures */
  readonly about: string;
  readonly options: z.ZodType<Options>;
  /**
   * @returns lines in their order; every line of a measure has the same columns
   * @throws EddyError what opening and running the run throws
   */
  measure(run: Run, options: Options, context: MeasureContext): Promise<readonly Row[]>;
}
