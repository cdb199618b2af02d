import { EddyError } from "../../errors.js";
import type { Slot } from "./buffers.js";
import type { Queue } from "./queue.js";
import { type SparseForm, sparseForm, sparseNeuronsMax } from "./sparse-form.js";

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
}

/** A recurrent matrix on the device, in those forms that some number of rows may want: one at least. */
export interface DeviceMatrix {
  readonly neurons: number;
  readonly dense: Slot | null;
  readonly sparse: SparseOnDevice | null;
  /** the form for few rows, and for many */
  readonly forms: { readonly few: Form; readonly many: Form };
}

const shareOf = (data: Float32Array): number =>
  data.length === 0 ? 0 : data.reduce((count, value) => (value === 0 ? count : count + 1), 0) / data.length;

/**
 * Uploads a matrix in the forms that it will be used in.
 * @param data [neurons, neurons], row-major
 * @throws EddyError LIMIT_EXCEEDED
 */
export function uploadMatrix(
  { gpu, buffers, commands }: Queue,
  data: Float32Array,
  neurons: number,
  upTo: SparseUpTo,
): DeviceMatrix {
  const share = shareOf(data);
  // a dense matrix may be larger than a buffer can be
  const onlySparse = data.byteLength > gpu.largestBuffer;
  if (onlySparse && neurons > sparseNeuronsMax) {
    throw new EddyError(
      "LIMIT_EXCEEDED",
      `backend "webgpu": a module of ${neurons} neurons was asked for, allowed are ${sparseNeuronsMax}`,
    );
  }
  const form = (limit: number): Form =>
    onlySparse || (share <= limit && neurons <= sparseNeuronsMax) ? "sparse" : "dense";
  const forms = { few: form(upTo.few), many: form(upTo.many) };
  const wanted = new Set(Object.values(forms));
  let sparse: SparseOnDevice | null = null;
  if (wanted.has("sparse")) {
    const { words, ...places } = sparseForm(data, neurons);
    sparse = { ...places, slot: buffers.lend(words.byteLength) };
    commands.upload(sparse.slot, words);
  }
  let dense: Slot | null = null;
  if (wanted.has("dense")) {
    dense = buffers.lend(data.byteLength);
    commands.upload(dense, data);
  }
  return { neurons, dense, sparse, forms };
}

/** Gives its buffers back. */
export function releaseMatrix({ buffers }: Queue, { dense, sparse }: DeviceMatrix): void {
  if (dense) buffers.release(dense);
  if (sparse) buffers.release(sparse.slot);
}
