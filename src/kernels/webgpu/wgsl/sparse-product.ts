/**
 * Products with a sparse matrix in the form of `sparse-form.ts`: its columns in slices of 32, sorted by their number
 * of entries. Neighbouring threads take neighbouring columns of a slice, so that they load neighbouring numbers.
 */

/** Columns of a slice. */
export const sliceColumns = 32;

/** Rows of the result that a workgroup makes: 4 when its threads share the entries, 32 when they share the rows. */
export const sparseRows = { entries: 4, rows: 32 } as const;

/** The entries of a pair, and what they add to four rows. Wants `stateRows(row, from)`. */
const entriesOf = `
fn pairOf(slice: u32, lane: u32, pair: u32, row: u32) -> vec4f {
  let at = pair * 32u + lane;
  let sources = matrix[p.pairsAt + at];
  let value = p.valuesAt + pair * 64u + lane;
  return bitcast<f32>(matrix[value]) * stateRows(row, sources & 0xffffu)
    + bitcast<f32>(matrix[value + 32u]) * stateRows(row, sources >> 16u);
}

fn columnOf(slice: u32, lane: u32) -> u32 {
  return matrix[p.columnsAt + slice * 32u + lane];
}
`;

/** Few rows: the 8 threads of a column share its entries. `sparseProduct` is the sum in every thread below 32. */
const sharedEntries = `
${entriesOf}
var<workgroup> parts: array<vec4f, 256>;

fn sparseProduct(thread: u32, slice: u32, firstRow: u32) -> vec4f {
  let lane = thread % 32u;
  var sum = vec4f();
  for (var pair = matrix[slice] + thread / 32u; pair < matrix[slice + 1u]; pair += 8u) {
    sum += pairOf(slice, lane, pair, firstRow);
  }
  parts[thread] = sum;
  workgroupBarrier();
  var total = vec4f();
  if (thread < 32u) {
    let pairs = matrix[slice + 1u] - matrix[slice];
    for (var share = 0u; share < min(8u, pairs); share++) { total += parts[share * 32u + lane]; }
  }
  return total;
}
`;

/** Many rows: each thread makes four rows of a column. */
const sharedRows = `
${entriesOf}
fn sparseProduct(thread: u32, slice: u32, firstRow: u32) -> vec4f {
  let lane = thread % 32u;
  var sum = vec4f();
  for (var pair = matrix[slice]; pair < matrix[slice + 1u]; pair++) {
    sum += pairOf(slice, lane, pair, firstRow);
  }
  return sum;
}
`;

/** How the threads of a workgroup divide their work. */
export type Sharing = keyof typeof sparseRows;

/** Brings `sparseProduct(thread, slice, firstRow)`. */
export const sparseProduct = (sharing: Sharing): string =>
  sharing === "entries" ? sharedEntries : sharedRows;

/** Where a thread's four rows begin. */
export const sparseFirstRow = (sharing: Sharing): string =>
  sharing === "entries" ? "group.y * 4u" : "group.y * 32u + (thread / 32u) * 4u";

/** Whether a thread has results. */
export const sparseHasResult = (sharing: Sharing): string =>
  sharing === "entries" ? "thread < 32u" : "true";
