import type { Kernels, RecurrentMatrix } from "../kernels/kernels.js";
import type { SparseWeights } from "../kernels/sparse-weights.js";

/**
 * Reads recurrent matrices, each only once, since kernels never change one but make another of it. They are most of what
 * a checkpoint reads, and a matrix that does not learn stays the same through all of them.
 * @returns reads one; rejects with what the backend failed with, and reads it again when it is asked for again
 */
export function knownWeights(kernels: Kernels): (matrix: RecurrentMatrix) => Promise<SparseWeights> {
  const known = new WeakMap<RecurrentMatrix, Promise<SparseWeights>>();
  return (matrix) => {
    const before = known.get(matrix);
    if (before) return before;
    const read = kernels.weights(matrix);
    known.set(matrix, read);
    // whoever asked hears of the failure
    read.catch(() => known.delete(matrix));
    return read;
  };
}
