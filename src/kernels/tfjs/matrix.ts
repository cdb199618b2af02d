import * as tf from "@tensorflow/tfjs-core";
import { checkWeights, denseWeights, type SparseWeights, sparseWeights } from "../sparse-weights.js";

/** Which entries of a matrix are connections: what a matrix that learns hands on to the one that it becomes. */
export class Places {
  readonly count: number;
  readonly #weights: Pick<SparseWeights, "neurons" | "rows" | "columns">;
  #places: Int32Array | null = null;

  constructor({ neurons, rows, columns }: SparseWeights) {
    this.count = columns.length;
    this.#weights = { neurons, rows: rows.slice(), columns: columns.slice() };
  }

  /** [connections] where each stands in the dense matrix; made when a matrix first learns */
  inDense(): Int32Array {
    if (this.#places) return this.#places;
    const { neurons, rows, columns } = this.#weights;
    const places = new Int32Array(this.count);
    for (let from = 0; from < neurons; from++) {
      for (let k = rows[from]; k < rows[from + 1]; k++) places[k] = from * neurons + columns[k];
    }
    this.#places = places;
    return places;
  }
}

/** A recurrent matrix: backends of tfjs multiply dense ones. */
export interface DenseMatrix {
  readonly dense: tf.Tensor2D;
  readonly places: Places;
}

/** Uploads a matrix with its zeros. @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT */
export function uploadDense(weights: SparseWeights): tf.Tensor2D {
  checkWeights(weights);
  const { neurons } = weights;
  return tf.tensor2d(denseWeights(weights), [neurons, neurons], "float32");
}

/** Reads a matrix back. */
export async function readMatrix({ dense }: DenseMatrix): Promise<SparseWeights> {
  return sparseWeights(await dense.data<"float32">(), dense.shape[0]);
}
