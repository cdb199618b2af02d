import { invariant } from "../../errors.js";
import { denseWeights, type SparseWeights, sparseWeights } from "../sparse-weights.js";
import type { Slot } from "./buffers.js";
import type { Queue } from "./queue.js";
import { type SparseForm, sparseForm, weightsOf } from "./sparse-form.js";

/** A form that a recurrent matrix can be computed with. */
export type Form = "dense" | "sparse";

/** Shares of entries that are not zero up to which the sparse form takes less time, for few rows and for many. */
export interface SparseUpTo {
  readonly few: number;
  readonly many: number;
}

/** A sparse matrix on the device. */
export interface SparseOnDevice extends Omit<SparseForm, "words"> {
  readonly slot: Slot;
  /** in words */
  readonly length: number;
}

/** A recurrent matrix on the device, in those forms that some number of rows may want: one at least. */
export interface DeviceMatrix {
  readonly neurons: number;
  readonly dense: Slot | null;
  readonly sparse: SparseOnDevice | null;
  /** the form for few rows, and for many */
  readonly forms: { readonly few: Form; readonly many: Form };
}

/**
 * Uploads a matrix in the forms that it will be used in.
 * @throws EddyError LIMIT_EXCEEDED
 */
export function uploadMatrix(
  { gpu, buffers, commands }: Queue,
  weights: SparseWeights,
  upTo: SparseUpTo,
): DeviceMatrix {
  const { neurons } = weights;
  const share = weights.values.length / Math.max(1, neurons ** 2);
  // a dense matrix may be larger than a buffer can be
  const onlySparse = 4 * neurons ** 2 > gpu.largestBuffer;
  const form = (limit: number): Form => (onlySparse || share <= limit ? "sparse" : "dense");
  const forms = { few: form(upTo.few), many: form(upTo.many) };
  const wanted = new Set(Object.values(forms));
  let sparse: SparseOnDevice | null = null;
  if (wanted.has("sparse")) {
    const { words, ...places } = sparseForm(weights);
    sparse = { ...places, slot: buffers.lend(words.byteLength), length: words.length };
    commands.upload(sparse.slot, words);
  }
  let dense: Slot | null = null;
  if (wanted.has("dense")) {
    dense = buffers.lend(4 * neurons ** 2);
    commands.upload(dense, denseWeights(weights));
  }
  return { neurons, dense, sparse, forms };
}

/** Reads a matrix back from whichever form is there. */
export async function readMatrix(
  queue: Queue,
  { neurons, dense, sparse }: DeviceMatrix,
): Promise<SparseWeights> {
  if (sparse) {
    const { slot, length, ...places } = sparse;
    const { buffer } = await queue.read(slot, length);
    return weightsOf(new Uint32Array(buffer, 0, length), places, neurons);
  }
  invariant(dense, "a matrix has a form");
  return sparseWeights(await queue.read(dense, neurons ** 2), neurons);
}

/** Gives its buffers back. */
export function releaseMatrix({ buffers }: Queue, { dense, sparse }: DeviceMatrix): void {
  if (dense) buffers.release(dense);
  if (sparse) buffers.release(sparse.slot);
}
