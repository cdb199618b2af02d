import { expect } from "vitest";
import { EddyError } from "../../src/errors.js";
import type { Kernels } from "../../src/kernels/kernels.js";

/** How kernels refuse a call. */
export function refusalOf(
  kernels: Kernels,
  call: (kernels: Kernels) => unknown,
): { code: string; message: string } {
  try {
    call(kernels);
  } catch (error) {
    if (error instanceof EddyError) return { code: error.code, message: error.message };
    throw error;
  }
  return expect.fail("was not refused");
}
