import type { Block } from "../kernels.js";

/** A pathway's part of a drive, with its data at hand; see DriveTerm. */
export interface OpenTerm {
  readonly source: Float32Array;
  /** columns of `source` */
  readonly sourceUnits: number;
  readonly block: Block;
  readonly weights: Float32Array;
  readonly transposed: boolean;
  readonly scale: number;
  readonly target: Block;
}

/**
 * `sum[target] <- sum[target] + scale * source[row, block] weights` for one row of the batch. A closed gate
 * (scale 0) and units at zero cost nothing.
 * @param sum [units]
 */
export function addTerm(sum: Float64Array, row: number, term: OpenTerm): void {
  if (term.scale === 0) return;
  if (term.transposed) addTransposed(sum, row, term);
  else addPlain(sum, row, term);
}

function addPlain(sum: Float64Array, row: number, term: OpenTerm): void {
  const { source, sourceUnits, weights, scale } = term;
  const [start, end] = term.block;
  const [first, last] = term.target;
  const size = last - first;
  const sourceOffset = row * sourceUnits;
  let from = start;
  // four units at a time: a sum is then loaded and stored once for four products
  for (; from < end - 3; from += 4) {
    const a = scale * source[sourceOffset + from];
    const b = scale * source[sourceOffset + from + 1];
    const c = scale * source[sourceOffset + from + 2];
    const d = scale * source[sourceOffset + from + 3];
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    const offset = (from - start) * size;
    for (let to = 0; to < size; to++) {
      const k = offset + to;
      sum[first + to] +=
        a * weights[k] + b * weights[k + size] + c * weights[k + 2 * size] + d * weights[k + 3 * size];
    }
  }
  for (; from < end; from++) {
    const carried = scale * source[sourceOffset + from];
    const offset = (from - start) * size;
    for (let to = 0; to < size; to++) sum[first + to] += carried * weights[offset + to];
  }
}

function addTransposed(sum: Float64Array, row: number, term: OpenTerm): void {
  const { source, sourceUnits, weights, scale } = term;
  const [start, end] = term.block;
  const [first, last] = term.target;
  const size = end - start;
  const sourceOffset = row * sourceUnits + start;
  for (let to = first; to < last; to++) {
    const offset = (to - first) * size;
    let product = 0;
    for (let from = 0; from < size; from++) product += source[sourceOffset + from] * weights[offset + from];
    sum[to] += scale * product;
  }
}
