import type { Columns, SparseWeights } from "../sparse-weights.js";
import type { Arena } from "./arena.js";

/** Targets that share a group, and targets of a segment (c/commands.h). */
const group = 4;
export const segment = 128;
const groups = segment / group;

/** A block has so many sources of a target on average, so that its sums are loaded and stored seldom. */
const sourcesOfTarget = 14;
const mostBlockRows = 8192;

/** A recurrent matrix [from, to] without its zeros, as c/commands.h describes it; offsets into the arena. */
export interface RecurrentLists {
  readonly neurons: number;
  /** weights that are not zero */
  readonly connections: number;
  /** weights with those that fill groups up */
  readonly filled: number;
  readonly blocks: number;
  readonly blockRows: number;
  readonly segments: number;
  readonly starts: number;
  readonly counts: number;
  readonly columns: number;
  readonly sources: number;
  readonly weights: number;
}

/** Sources of a block: enough that a target has some there, so few that a batch tile of them stays in the cache. */
function rowsOfBlock(neurons: number, connections: number): number {
  const density = connections / (neurons * neurons);
  const rows = density > 0 ? sourcesOfTarget / density : mostBlockRows;
  const padded = Math.ceil(neurons / segment) * segment;
  return Math.min(Math.max(Math.ceil(rows / segment), 1) * segment, mostBlockRows, padded);
}

function countSources(
  { neurons, rows, columns }: SparseWeights,
  blockRows: number,
  blocks: number,
): Uint16Array {
  const counts = new Uint16Array(blocks * neurons);
  for (let from = 0; from < neurons; from++) {
    const place = Math.floor(from / blockRows) * neurons;
    for (let k = rows[from]; k < rows[from + 1]; k++) counts[place + columns[k]]++;
  }
  return counts;
}

/** Where each target's first weight goes, by block and target; groups take the length of their longest. */
function arrange(counts: Uint16Array, neurons: number, blocks: number, segments: number) {
  const starts = new Uint32Array(blocks * segments);
  const groupCounts = new Uint16Array(blocks * segments * groups);
  const columns = new Uint16Array(blocks * segments * segment);
  const places = new Uint32Array(blocks * neurons);
  let next = 0;
  for (let block = 0; block < blocks; block++) {
    for (let part = 0; part < segments; part++) {
      const first = part * segment;
      const width = Math.min(segment, neurons - first);
      const place = block * segments + part;
      const count = (column: number) => counts[block * neurons + first + column];
      const order = Array.from({ length: width }, (_, column) => column).sort(
        (a, b) => count(b) - count(a) || a - b,
      );
      starts[place] = next;
      order.forEach((column, index) => {
        const inGroup = index % group;
        const slot = place * groups + (index - inGroup) / group;
        if (inGroup === 0) groupCounts[slot] = count(column);
        columns[place * segment + index] = column;
        places[block * neurons + first + column] = next + inGroup;
        if (inGroup === group - 1 || index === width - 1) next += groupCounts[slot] * group;
      });
    }
  }
  return { starts, groupCounts, columns, places, filled: next };
}

/** Copies words or half-words into the arena. */
export function keep(arena: Arena, data: Uint8Array | Uint16Array | Uint32Array | Float32Array): number {
  const offset = arena.allocate(Math.max(4, data.byteLength));
  new Uint8Array(arena.memory.buffer, offset, data.byteLength).set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  return offset;
}

/** The lists of a recurrent matrix. */
export function recurrentLists(arena: Arena, given: SparseWeights): RecurrentLists {
  const { neurons, rows, columns: targets, values } = given;
  const connections = values.length;
  const blockRows = rowsOfBlock(neurons, connections);
  const blocks = Math.ceil(neurons / blockRows);
  const segments = Math.ceil(neurons / segment);
  const counts = countSources(given, blockRows, blocks);
  const { starts, groupCounts, columns, places, filled } = arrange(counts, neurons, blocks, segments);
  const sources = arena.allocate(Math.max(4, filled * 2));
  const weights = arena.allocate(Math.max(4, filled * 4));
  const sourceOf = new Uint16Array(arena.memory.buffer, sources, filled).fill(0);
  const weightOf = new Float32Array(arena.memory.buffer, weights, filled).fill(0);
  for (let from = 0; from < neurons; from++) {
    const block = Math.floor(from / blockRows);
    for (let k = rows[from]; k < rows[from + 1]; k++) {
      const to = block * neurons + targets[k];
      sourceOf[places[to]] = from - block * blockRows;
      weightOf[places[to]] = values[k];
      places[to] += group;
    }
  }
  return {
    neurons,
    connections,
    filled,
    blocks,
    blockRows,
    segments,
    starts: keep(arena, starts),
    counts: keep(arena, groupCounts),
    columns: keep(arena, columns),
    sources,
    weights,
  };
}

/** The lists target by target, from which other forms are made. */
export function columnsOf(arena: Arena, lists: RecurrentLists): Columns {
  const { neurons, blocks, blockRows, segments, filled } = lists;
  const { buffer } = arena.memory;
  const starts = new Uint32Array(buffer, lists.starts, blocks * segments);
  const counts = new Uint16Array(buffer, lists.counts, blocks * segments * groups);
  const columns = new Uint16Array(buffer, lists.columns, blocks * segments * segment);
  const sourceOf = new Uint16Array(buffer, lists.sources, filled);
  const weightOf = new Float32Array(buffer, lists.weights, filled);
  const visit = (use: (to: number, from: number, weight: number) => void) => {
    for (let place = 0; place < blocks * segments; place++) {
      const part = place % segments;
      const block = (place - part) / segments;
      let next = starts[place];
      for (let slot = 0; slot < Math.min(segment, neurons - part * segment); slot++) {
        const count = counts[place * groups + Math.floor(slot / group)];
        const to = part * segment + columns[place * segment + slot];
        const first = next + (slot % group);
        for (let k = 0; k < count; k++) {
          const weight = weightOf[first + k * group];
          if (weight !== 0) use(to, block * blockRows + sourceOf[first + k * group], weight);
        }
        if (slot % group === group - 1) next += count * group;
      }
    }
  };
  const ends = new Uint32Array(neurons + 1);
  visit((to) => {
    ends[to + 1]++;
  });
  for (let to = 0; to < neurons; to++) ends[to + 1] += ends[to];
  const next = ends.slice();
  const result = {
    starts: ends,
    sources: new Uint16Array(ends[neurons]),
    weights: new Float32Array(ends[neurons]),
  };
  visit((to, from, weight) => {
    const at = next[to]++;
    result.sources[at] = from;
    result.weights[at] = weight;
  });
  return result;
}

/** Frees what the lists take. */
export function freeLists(arena: Arena, { starts, counts, columns, sources, weights }: RecurrentLists): void {
  for (const offset of [starts, counts, columns, sources, weights]) arena.free(offset);
}
