import type { Units } from "eddy/wire";

/** Units that share a strip of a plot. */
export interface Strip {
  /** the block's name */
  readonly name: string;
  /** where their values stand in a frame */
  readonly columns: readonly number[];
  /** their numbers in the module */
  readonly units: readonly number[];
}

/** What to ask the server for, and how to lay it out. */
export interface UnitChoice {
  readonly units: Units;
  /** values in a frame */
  readonly width: number;
  readonly strips: readonly Strip[];
}

type Blocks = Readonly<Record<string, readonly [number, number]>>;

/** Stands for one strip of each block, or for the whole module where it has none. */
export const EVERY_BLOCK = "";

/**
 * Chooses units of a module. Of one block: `count` units evenly over it. Of every block: units evenly over the module,
 * so close that the smallest block has `count` of them, and at most `count` shown of each block.
 * @param blocks named units [start, end)
 */
export function chooseUnits(blocks: Blocks, neurons: number, block: string, count: number): UnitChoice {
  const named: readonly (readonly [string, readonly [number, number]])[] =
    block === EVERY_BLOCK ? Object.entries(blocks) : [[block, blocks[block] ?? [0, neurons]]];
  const shown = named.length > 0 ? named : ([["all units", [0, neurons]]] as const);
  const sizes = shown.map(([, [start, end]]) => end - start);
  const every = Math.max(1, Math.floor(Math.min(...sizes) / count));
  const start = Math.min(...shown.map(([, range]) => range[0]));
  const end = Math.max(...shown.map(([, range]) => range[1]));
  const width = Math.ceil((end - start) / every);
  const strips = shown.map(([name, range]) => stripOf(name, range, start, every, count));
  return { units: { start, end, every }, width, strips };
}

function stripOf(
  name: string,
  [from, to]: readonly [number, number],
  start: number,
  every: number,
  count: number,
): Strip {
  const first = Math.ceil((from - start) / every);
  const last = Math.ceil((to - start) / every);
  const available = last - first;
  const step = Math.max(1, available / count);
  const columns = Array.from({ length: Math.min(count, available) }, (_, i) => first + Math.floor(i * step));
  return { name, columns, units: columns.map((column) => start + column * every) };
}
