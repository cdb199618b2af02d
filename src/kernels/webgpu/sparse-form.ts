import { type SparseWeights, weightsOfColumns } from "../sparse-weights.js";
import { sliceColumns } from "./wgsl/sparse-product.js";

/**
 * A recurrent matrix without its zeros. Its columns, sorted by their number of entries so that little is filled up,
 * stand in slices of 32; a slice's entries lie in pairs, the first of all its columns, then the second. One array of
 * words: where each slice's pairs start (and the last ones end), the column of each place (its number, or none), the
 * sources of each pair in 16 bits each, and their values.
 */
export interface SparseForm {
  readonly words: Uint32Array;
  readonly slices: number;
  /** where columns, pairs and values start in the words */
  readonly columnsAt: number;
  readonly pairsAt: number;
  readonly valuesAt: number;
}

/** Stands at places that fill up the last slice. */
const noColumn = 0xffffffff;

/** Entries of each column. */
function countColumns({ neurons, columns }: SparseWeights): Uint32Array {
  const counts = new Uint32Array(neurons);
  for (const to of columns) counts[to]++;
  return counts;
}

/** Places the columns and says where each slice's pairs start. */
function layOut(counts: Uint32Array): { order: Uint32Array; starts: Uint32Array } {
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const slices = Math.ceil(counts.length / sliceColumns);
  const starts = new Uint32Array(slices + 1);
  for (let slice = 0; slice < slices; slice++) {
    // the first of a slice has the most entries
    starts[slice + 1] = starts[slice] + Math.ceil(counts[order[slice * sliceColumns]] / 2);
  }
  return { order, starts };
}

/** The sparse form of a recurrent matrix. */
export function sparseForm(weights: SparseWeights): SparseForm {
  const { neurons } = weights;
  const { order, starts } = layOut(countColumns(weights));
  const slices = starts.length - 1;
  const pairs = starts[slices];
  const columnsAt = slices + 1;
  const pairsAt = columnsAt + slices * sliceColumns;
  const valuesAt = pairsAt + pairs * sliceColumns;
  const words = new Uint32Array(valuesAt + 2 * pairs * sliceColumns);
  const values = new Float32Array(words.buffer);
  words.set(starts);
  words.fill(noColumn, columnsAt, pairsAt);
  words.set(order, columnsAt);
  const placeOf = new Uint32Array(neurons);
  for (let place = 0; place < neurons; place++) placeOf[order[place]] = place;
  const filled = new Uint32Array(neurons);
  for (let from = 0; from < neurons; from++) {
    for (let k = weights.rows[from]; k < weights.rows[from + 1]; k++) {
      const to = weights.columns[k];
      const entry = filled[to]++;
      const slice = Math.floor(placeOf[to] / sliceColumns);
      const lane = placeOf[to] % sliceColumns;
      const pair = starts[slice] + (entry >> 1);
      words[pairsAt + pair * sliceColumns + lane] |= from << (16 * (entry & 1));
      values[valuesAt + (2 * pair + (entry & 1)) * sliceColumns + lane] = weights.values[k];
    }
  }
  return { words, slices, columnsAt, pairsAt, valuesAt };
}

/** What a sparse form was made of, from all of its words. */
export function weightsOf(
  words: Uint32Array,
  places: Omit<SparseForm, "words">,
  neurons: number,
): SparseWeights {
  const { slices, columnsAt, pairsAt, valuesAt } = places;
  const numbers = new Float32Array(words.buffer, words.byteOffset, words.length);
  const placeOf = new Uint32Array(neurons);
  for (let place = 0; place < neurons; place++) placeOf[words[columnsAt + place]] = place;
  const most = 2 * words[slices] * sliceColumns;
  const starts = new Uint32Array(neurons + 1);
  const sources = new Uint16Array(most);
  const weights = new Float32Array(most);
  let next = 0;
  for (let to = 0; to < neurons; to++) {
    const slice = Math.floor(placeOf[to] / sliceColumns);
    const lane = placeOf[to] % sliceColumns;
    for (let entry = 2 * words[slice]; entry < 2 * words[slice + 1]; entry++) {
      const value = numbers[valuesAt + entry * sliceColumns + lane];
      // what fills a slice up
      if (value === 0) break;
      sources[next] = words[pairsAt + (entry >> 1) * sliceColumns + lane] >>> (16 * (entry & 1));
      weights[next] = value;
      next++;
    }
    starts[to + 1] = next;
  }
  return weightsOfColumns({ starts, sources: sources.subarray(0, next), weights: weights.subarray(0, next) });
}
