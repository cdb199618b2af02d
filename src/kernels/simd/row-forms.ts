import type { Columns } from "../sparse-weights.js";
import type { Arena } from "./arena.js";
import { keep, segment } from "./recurrent-lists.js";

/** Targets and sources of a slot (c/settle-row.h). */
const slotTargets = 32;
const slotSources = 32;

/**
 * With its zeros, a panel of targets at a time.
 * @param panelTargets lanes of the engine's widest tile
 * @returns offset of f32 [panels][neurons][panelTargets]
 */
export function panelsOf(
  arena: Arena,
  neurons: number,
  panelTargets: number,
  { starts, sources, weights }: Columns,
): number {
  const panels = Math.ceil(neurons / panelTargets);
  const length = panels * neurons * panelTargets;
  const offset = arena.allocate(length * 4);
  const values = new Float32Array(arena.memory.buffer, offset, length).fill(0);
  for (let to = 0; to < neurons; to++) {
    const panel = Math.floor(to / panelTargets);
    const first = panel * neurons * panelTargets + (to % panelTargets);
    for (let k = starts[to]; k < starts[to + 1]; k++) values[first + sources[k] * panelTargets] = weights[k];
  }
  return offset;
}

/** Offsets of the form that picks sources out of registers. */
export interface Slots {
  readonly slots: number;
  readonly slotStarts: number;
  readonly slotCounts: number;
  readonly slotSources: number;
}

/** Slots that each block of 32 sources needs for each set of 32 targets, [sets][blocks]. */
function slotCountsOf(neurons: number, { starts, sources }: Columns): Uint8Array {
  const sets = Math.ceil(neurons / slotTargets);
  const blocks = Math.ceil(neurons / slotSources);
  const counts = new Uint8Array(sets * blocks);
  const own = new Uint8Array(blocks);
  for (let to = 0; to < neurons; to++) {
    own.fill(0);
    for (let k = starts[to]; k < starts[to + 1]; k++) own[sources[k] >> 5]++;
    const first = Math.floor(to / slotTargets) * blocks;
    for (let block = 0; block < blocks; block++)
      counts[first + block] = Math.max(counts[first + block], own[block]);
  }
  return counts;
}

/** Each target's sources in order, 32 at a time, filled up with zeros to the longest of 32 targets. */
export function slotsOf(
  arena: Arena,
  neurons: number,
  columns: Columns,
): { readonly slots: Slots; readonly filled: number; readonly bytes: number } {
  const counts = slotCountsOf(neurons, columns);
  const blocks = Math.ceil(neurons / slotSources);
  const sets = counts.length / blocks;
  const starts = new Uint32Array(sets);
  const firsts = new Uint32Array(counts.length);
  let total = 0;
  for (let place = 0; place < counts.length; place++) {
    if (place % blocks === 0) starts[place / blocks] = total;
    firsts[place] = total;
    total += counts[place] * slotTargets;
  }
  const slots = arena.allocate(Math.max(4, total * 4));
  const slotSourcesAt = arena.allocate(Math.max(4, total));
  const weightOf = new Float32Array(arena.memory.buffer, slots, total).fill(0);
  const sourceOf = new Uint8Array(arena.memory.buffer, slotSourcesAt, total).fill(0);
  for (let to = 0; to < neurons; to++) {
    const set = Math.floor(to / slotTargets);
    for (let k = columns.starts[to], last = -1, slot = 0; k < columns.starts[to + 1]; k++) {
      const source = columns.sources[k];
      const block = source >> 5;
      slot = block === last ? slot + 1 : 0;
      last = block;
      const at = firsts[set * blocks + block] + slot * slotTargets + (to % slotTargets);
      sourceOf[at] = source & 31;
      weightOf[at] = columns.weights[k];
    }
  }
  return {
    slots: {
      slots,
      slotSources: slotSourcesAt,
      slotStarts: keep(arena, starts),
      slotCounts: keep(arena, counts),
    },
    filled: total,
    bytes: total * 5 + counts.byteLength + starts.byteLength,
  };
}

/** Offsets of the form that adds what one source changed: by panels of targets, source by source. */
export interface Rows {
  readonly rowPanels: number;
  readonly rowPanelWidth: number;
  readonly rowStarts: number;
  readonly rowTargets: number;
  readonly rowWeights: number;
}

/** So many panels at most, so that a source with few targets is not looked up for nothing. */
const mostRowPanels = 8;

/** By panels of targets the targets of each source, ascending, and their weights. */
export function rowsOf(arena: Arena, neurons: number, { starts, sources, weights }: Columns): Rows {
  const segments = Math.ceil(neurons / segment);
  const rowPanelWidth = Math.ceil(segments / mostRowPanels) * segment;
  const rowPanels = Math.ceil(neurons / rowPanelWidth);
  const rowStarts = new Uint32Array(rowPanels * (neurons + 1));
  const targets = new Uint16Array(weights.length);
  const values = new Float32Array(weights.length);
  let before = 0;
  for (let panel = 0; panel < rowPanels; panel++) {
    const own = rowStarts.subarray(panel * (neurons + 1), (panel + 1) * (neurons + 1));
    const first = panel * rowPanelWidth;
    const end = Math.min(neurons, first + rowPanelWidth);
    for (let k = starts[first]; k < starts[end]; k++) own[sources[k] + 1]++;
    own[0] = before;
    for (let from = 0; from < neurons; from++) own[from + 1] += own[from];
    before = own[neurons];
    const next = own.slice();
    for (let to = first; to < end; to++) {
      for (let k = starts[to]; k < starts[to + 1]; k++) {
        const at = next[sources[k]]++;
        targets[at] = to - first;
        values[at] = weights[k];
      }
    }
  }
  return {
    rowPanels,
    rowPanelWidth,
    rowStarts: keep(arena, rowStarts),
    rowTargets: keep(arena, targets),
    rowWeights: keep(arena, values),
  };
}
