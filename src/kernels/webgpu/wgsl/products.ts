/**
 * Matrix products as WGSL to be put into a program, which brings `leftAt(row, k)` and `rightAt(k, column)` (zero
 * outside of the factors) and a function of (row, column, value) for what becomes of each result.
 */

/** Along which index of a factor its numbers lie side by side: threads load them in that order. */
export type Along = "depth" | "side";

/** Rows and columns of the result that a workgroup makes with `tiledProduct`. */
export const tile = 64;

/** Rows and columns of the result that a workgroup makes with `rowsProduct`. */
export const narrow = { rows: 4, columns: 16 } as const;

/** Rows up to which `rowsProduct` takes less time: a tile would be mostly empty. */
export const fewRowsMax = 8;

/** Position of a vector of four neighbours among the threads of a workgroup: 16 deep, 16 of them at a side. */
const deal = (along: Along): string =>
  along === "depth"
    ? "let k = thread % 16u; let quad = thread / 16u;"
    : "let quad = thread % 16u; let k = thread / 16u;";

/**
 * A tile of 64 x 64 results by 256 threads, 4 x 4 each: both factors go through workgroup memory, 16 deep at a time.
 * Rows there are 17 vectors apart, so that threads that store along the depth meet different banks. Loops end where
 * the depth does, and no compiler unrolls them beyond what is written: one for CPUs took ten seconds when it did.
 * @param left where the left factor's numbers lie side by side: "depth" for a plain one, "side" for a transposed one
 * @param right the same of the right one: "side" for a plain one
 */
export const tiledProduct = (left: Along, right: Along): string => `
var<workgroup> leftTile: array<vec4f, ${16 * 17}>;
var<workgroup> rightTile: array<vec4f, ${16 * 17}>;

fn loadLeft(thread: u32, firstRow: u32, start: u32) {
  ${deal(left)}
  let row = firstRow + 4u * quad;
  let at = start + k;
  leftTile[k * 17u + quad] = vec4f(leftAt(row, at), leftAt(row + 1u, at), leftAt(row + 2u, at), leftAt(row + 3u, at));
}

fn loadRight(thread: u32, firstColumn: u32, start: u32) {
  ${deal(right)}
  let column = firstColumn + 4u * quad;
  let at = start + k;
  rightTile[k * 17u + quad] = vec4f(
    rightAt(at, column), rightAt(at, column + 1u), rightAt(at, column + 2u), rightAt(at, column + 3u)
  );
}

var<private> product: array<vec4f, 4>;

fn addOuter(a: vec4f, b: vec4f) {
  product[0] += a.x * b;
  product[1] += a.y * b;
  product[2] += a.z * b;
  product[3] += a.w * b;
}

fn tiledProduct(thread: u32, firstRow: u32, firstColumn: u32, depth: u32) {
  let down = thread / 16u;
  let across = thread % 16u;
  for (var start = 0u; start < depth; start += 16u) {
    loadLeft(thread, firstRow, start);
    loadRight(thread, firstColumn, start);
    workgroupBarrier();
    for (var k = 0u; k < min(16u, depth - start); k += 4u) {
      let at = k * 17u;
      addOuter(leftTile[at + down], rightTile[at + across]);
      addOuter(leftTile[at + 17u + down], rightTile[at + 17u + across]);
      addOuter(leftTile[at + 34u + down], rightTile[at + 34u + across]);
      addOuter(leftTile[at + 51u + down], rightTile[at + 51u + across]);
    }
    workgroupBarrier();
  }
}
`;

/** Hands each result of a tile with so many rows to a function of (row, column, value). */
export const eachOfTile = (use: string, rows: string): string => `
  let topRow = firstRow + 4u * (thread / 16u);
  if (topRow < ${rows}) {
    for (var i = 0u; i < 4u * min(4u, ${rows} - topRow); i++) {
      ${use}(topRow + i / 4u, firstColumn + 4u * (thread % 16u) + i % 4u, product[i / 4u][i % 4u]);
    }
  }
`;

/** What is zero in all rows loads nothing of the right factor. */
const skipping = (slice: string): string => `
  for (var k = ${slice}; k < depth; k += 16u) {
    let rows = leftRows(firstRow, k);
    if (any(rows != vec4f())) { sum += rows * rightAt(k, column); }
  }
`;

/** A single row has four loads under way at a time. */
const fourAtATime = (slice: string): string => `
  if (firstRow + 1u < p.rows) {
    for (var k = ${slice}; k < depth; k += 16u) { sum += leftRows(firstRow, k) * rightAt(k, column); }
  } else {
    var parts = vec4f();
    for (var k = ${slice}; k < depth; k += 64u) {
      parts += vec4f(
        leftAt(firstRow, k) * rightAt(k, column),
        leftAt(firstRow, k + 16u) * rightAt(k + 16u, column),
        leftAt(firstRow, k + 32u) * rightAt(k + 32u, column),
        leftAt(firstRow, k + 48u) * rightAt(k + 48u, column)
      );
    }
    sum.x = (parts.x + parts.y) + (parts.z + parts.w);
  }
`;

/**
 * Up to 4 rows by 16 columns of results by 256 threads: 16 of them share a column, each a 16th of its depth, and each
 * number of the right factor is loaded once for all rows. The results of column `thread % 16` are in every thread
 * below 16.
 * @param right where the right factor's numbers lie side by side: "side" for a plain one
 * @param skipsZeros what makes propagating changes cheap; otherwise loads do not wait for each other
 */
export const rowsProduct = (right: Along, skipsZeros: boolean): string => {
  const [slice, column] =
    right === "side" ? ["thread / 16u", "thread % 16u"] : ["thread % 16u", "thread / 16u"];
  const own = right === "side" ? "slice * 16u + thread % 16u" : "(thread % 16u) * 16u + slice";
  return `
var<workgroup> shares: array<vec4f, 256>;

fn leftRows(row: u32, k: u32) -> vec4f {
  return vec4f(leftAt(row, k), leftAt(row + 1u, k), leftAt(row + 2u, k), leftAt(row + 3u, k));
}

fn rowsProduct(thread: u32, firstRow: u32, firstColumn: u32, depth: u32) -> vec4f {
  let column = firstColumn + ${column};
  var sum = vec4f();
  ${skipsZeros ? skipping(slice) : fourAtATime(slice)}
  shares[thread] = sum;
  workgroupBarrier();
  var total = vec4f();
  if (thread < 16u) {
    for (var slice = 0u; slice < min(16u, depth); slice++) { total += shares[${own}]; }
  }
  return total;
}
`;
};

/** Hands each result of `rowsProduct` to a function of (row, column, value). */
export const eachOfRows = (use: string, rows: string): string => `
  if (thread < 16u) {
    for (var i = 0u; i < min(4u, ${rows} - firstRow); i++) { ${use}(firstRow + i, firstColumn + thread, product[i]); }
  }
`;
