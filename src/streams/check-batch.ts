import { EddyError } from "../errors.js";

/**
 * Checks the size of a batch that a caller gives.
 * @param what its name in the message
 * @param data [batch, size] row-major
 * @throws EddyError SHAPE_MISMATCH
 */
export function checkBatch(what: string, data: Float32Array, batch: number, size: number): void {
  if (data.length === batch * size) return;
  throw new EddyError(
    "SHAPE_MISMATCH",
    `${what} has ${data.length} numbers, needed ${batch} x ${size} (batch x size)`,
  );
}
