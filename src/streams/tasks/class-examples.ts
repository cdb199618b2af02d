import { EddyError } from "../../errors.js";
import type { Examples } from "../stimulus.js";

export interface ClassExamplesOptions {
  /** examples in one pass; Infinity when they are generated without end */
  readonly length: number;
  /** whether example numbers go on past `length` (training), or end there (test) */
  readonly endless: boolean;
  /** numbers in an input */
  readonly size: number;
  /** classes, so numbers in a target */
  readonly outputs: number;
  /**
   * Writes the input of one example.
   * @param input [size], zero when given
   * @returns its class, 0 to `outputs - 1`
   */
  readonly write: (example: number, input: Float32Array) => number;
}

/**
 * Examples that each belong to a class: inputs [count, size] and one-hot targets [count, outputs].
 * @throws EddyError INVALID_ARGUMENT from `take`, when the numbers are not whole or lie past the end
 */
export function classExamples({ length, endless, size, outputs, write }: ClassExamplesOptions): Examples {
  return {
    length,
    take(first, count) {
      const end = first + count;
      if (!Number.isSafeInteger(first) || !Number.isSafeInteger(end) || first < 0 || count < 1)
        throw new EddyError(
          "INVALID_ARGUMENT",
          `take(${first}, ${count}): needs a whole number from 0 and a count of at least 1`,
        );
      if (!endless && end > length)
        throw new EddyError(
          "INVALID_ARGUMENT",
          `take(${first}, ${count}): goes past the end; the set has ${length} examples`,
        );
      const input = new Float32Array(count * size);
      const target = new Float32Array(count * outputs);
      for (let i = 0; i < count; i++) {
        const label = write(first + i, input.subarray(i * size, (i + 1) * size));
        target[i * outputs + label] = 1;
      }
      return { input, target };
    },
  };
}
