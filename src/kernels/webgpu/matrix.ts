import { invariant } from "../../errors.js";
import { type Connections, connectionPlaces, numberedConnections } from "../numbered-connections.js";
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
  readonly connections: Connections;
  /** made when it first learns */
  learning: LearningPlaces | null;
}

/** Where the connections of a matrix that learns are. */
export interface LearningPlaces {
  /** [connections] source in the lower half of a word, target in the upper */
  readonly ends: Slot;
  /** [connections] the word of the sparse form that has the weight; of any content without that form */
  readonly places: Slot;
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
  const connections = { neurons, rows: weights.rows.slice(), columns: weights.columns.slice() };
  return { neurons, dense, sparse, forms, connections, learning: null };
}

/** Where the connections are, on the device. @throws EddyError LIMIT_EXCEEDED */
export function learningPlaces({ buffers, commands }: Queue, matrix: DeviceMatrix): LearningPlaces {
  if (matrix.learning) return matrix.learning;
  const { connections, sparse } = matrix;
  const { rows, columns, neurons } = connections;
  const words = Uint32Array.from(columns, (to) => to << 16);
  for (let from = 0; from < neurons; from++)
    for (let k = rows[from]; k < rows[from + 1]; k++) words[k] |= from;
  const ends = buffers.lend(words.byteLength);
  commands.upload(ends, words);
  const places = buffers.lend(sparse ? words.byteLength : 4);
  if (sparse) {
    const form = sparseForm(numberedConnections(connections));
    const inValues = connectionPlaces(form.words.subarray(form.valuesAt), words.length);
    commands.upload(
      places,
      inValues.map((place) => form.valuesAt + place),
    );
  }
  matrix.learning = { ends, places };
  return matrix.learning;
}

/** A matrix of the same numbers that shares no buffer. */
export function copiedMatrix(queue: Queue, matrix: DeviceMatrix): DeviceMatrix {
  const copy = (slot: Slot): Slot => {
    const other = queue.buffers.lend(slot.bytes);
    queue.commands.copy(slot, other, slot.bytes);
    return other;
  };
  const { dense, sparse } = matrix;
  return {
    ...matrix,
    dense: dense && copy(dense),
    sparse: sparse && { ...sparse, slot: copy(sparse.slot) },
    learning: null,
  };
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
export function releaseMatrix({ buffers }: Queue, { dense, sparse, learning }: DeviceMatrix): void {
  if (learning) for (const slot of [learning.ends, learning.places]) buffers.release(slot);
  if (dense) buffers.release(dense);
  if (sparse) buffers.release(sparse.slot);
}
