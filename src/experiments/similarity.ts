/** What is between two vectors; null where one of them is zero or not finite. */
export interface Similarity {
  readonly cosine: number | null;
  /** degrees */
  readonly angle: number | null;
  /** length of the first over that of the second */
  readonly ratio: number | null;
}

/** Sums of which lengths and cosines are made, so that parts of a vector can be added up. */
export interface Products {
  readonly both: number;
  readonly first: number;
  readonly second: number;
}

/** `a b`, `a a` and `b b`, in double precision. */
export function products(a: ArrayLike<number>, b: ArrayLike<number>, start = 0, end = a.length): Products {
  let [both, first, second] = [0, 0, 0];
  for (let i = start; i < end; i++) {
    both += a[i] * b[i];
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  return { both, first, second };
}

/** The products of vectors put end to end. */
export const joined = (parts: readonly Products[]): Products =>
  parts.reduce(
    (sum, part) => ({
      both: sum.both + part.both,
      first: sum.first + part.first,
      second: sum.second + part.second,
    }),
    { both: 0, first: 0, second: 0 },
  );

/** `cos = a b / (|a| |b|)`, the angle that it is of, and `|a| / |b|`. */
export function similarity({ both, first, second }: Products): Similarity {
  // sqrt(x x) is x, so equal vectors have a cosine of 1 to the bit
  const lengths = Math.sqrt(first * second);
  if (!(lengths > 0 && Number.isFinite(lengths))) return { cosine: null, angle: null, ratio: null };
  const cosine = Math.min(1, Math.max(-1, both / lengths));
  return { cosine, angle: (Math.acos(cosine) * 180) / Math.PI, ratio: Math.sqrt(first / second) };
}

/**
 * Cosine of each row of one array with the same row of another, mean over the rows; rows that are zero in both are
 * alike, rows that are zero in one have nothing in common.
 * @param a [rows, columns]
 * @param b [rows, columns]
 */
export function batchCosine(a: Float32Array, b: Float32Array, rows: number): number {
  const columns = a.length / rows;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const found = products(a, b, row * columns, (row + 1) * columns);
    sum += found.first === 0 && found.second === 0 ? 1 : (similarity(found).cosine ?? 0);
  }
  return sum / rows;
}
