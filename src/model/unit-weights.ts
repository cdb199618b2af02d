import type { Activation } from "../kernels/kernels.js";
import type { SparseWeights } from "../kernels/sparse-weights.js";
import type { Network, Pathway } from "./network.js";
import { movesAtRest } from "./trial-plan.js";

/** Where weights of given units stand in a matrix of pathway weights. */
export interface UnitWeights {
  readonly rows: ReadonlySet<number>;
  readonly columns: ReadonlySet<number>;
}

/** The units that the rows and the columns of a pathway's weights belong to. */
interface Ends {
  readonly owner: string;
  /** first unit */
  readonly start: number;
  readonly length: number;
}

/** Of one pathway's weights; inputs and readouts have names that no module has, so that units are not mixed up. */
function endsOf({ source, target, kind, transposed }: Pathway): Record<"rows" | "columns", Ends> {
  const isModule = source.kind === "state" || source.kind === "moduleError";
  const end = (owner: string, [start, stop]: readonly [number, number]): Ends => ({
    owner,
    start,
    length: stop - start,
  });
  const from = end(`${isModule ? "module" : source.kind} ${source.name}`, source.block);
  const to = end(`${kind === "readout" ? "readout" : "module"} ${target.name}`, target.block);
  return transposed ? { rows: to, columns: from } : { rows: from, columns: to };
}

const placesOf = ({ owner, start, length }: Ends, module: string, units: readonly number[]): number[] =>
  owner === `module ${module}`
    ? units.map((unit) => unit - start).filter((at) => at >= 0 && at < length)
    : [];

/**
 * Where the weights of units stand among those of all pathways, error pathways and readouts too.
 * @returns by name of the weights; those without any are left out
 */
export function unitWeights(
  { pathways }: Network,
  module: string,
  units: readonly number[],
): Map<string, UnitWeights> {
  const found = new Map<string, { rows: Set<number>; columns: Set<number> }>();
  for (const pathway of pathways.values()) {
    const ends = endsOf(pathway);
    const places = found.get(pathway.weights) ?? { rows: new Set(), columns: new Set() };
    for (const at of placesOf(ends.rows, module, units)) places.rows.add(at);
    for (const at of placesOf(ends.columns, module, units)) places.columns.add(at);
    if (places.rows.size + places.columns.size > 0) found.set(pathway.weights, places);
  }
  return found;
}

/**
 * Another unit, which would lose connections together with these since a pathway shares its weights.
 * @returns null when there is none
 */
export function sharingUnit(
  { pathways }: Network,
  module: string,
  units: readonly number[],
  places: ReadonlyMap<string, UnitWeights>,
): { readonly pathway: string; readonly owner: string; readonly unit: number } | null {
  const own = new Set(units);
  for (const pathway of pathways.values()) {
    const taken = places.get(pathway.weights);
    if (!taken) continue;
    const ends = endsOf(pathway);
    for (const side of ["rows", "columns"] as const) {
      const { owner, start } = ends[side];
      for (const at of taken[side]) {
        if (owner === `module ${module}` && own.has(start + at)) continue;
        return { pathway: pathway.id, owner, unit: start + at };
      }
    }
  }
  return null;
}

/** Sets these rows and columns of a matrix, row-major, to zero, in place. */
export function clearUnitWeights(data: Float32Array, columnsInAll: number, places: UnitWeights): void {
  for (const row of places.rows) data.fill(0, row * columnsInAll, (row + 1) * columnsInAll);
  for (const column of places.columns) {
    for (let at = column; at < data.length; at += columnsInAll) data[at] = 0;
  }
}

/**
 * The bias of a unit that has no connections any more and shall say nothing: 0, or, where f(0) is not 0, so far down that
 * its state is 0 all the same. Any other state, times an error, would be a gradient that brings its connections back.
 */
export const silentBias = (activation: Activation): number => (movesAtRest(activation) ? -(2 ** 100) : 0);

/** Recurrent weights without some units' connections, and which of the connections those that are left were. */
export interface Disconnected {
  readonly weights: SparseWeights;
  /** [connections left] ascending */
  readonly kept: Uint32Array;
}

/** Takes all connections from and to units away. */
export function disconnect(
  { neurons, rows, columns, values }: SparseWeights,
  units: ReadonlySet<number>,
): Disconnected {
  const kept: number[] = [];
  const left = new Uint32Array(neurons + 1);
  for (let from = 0; from < neurons; from++) {
    if (!units.has(from)) {
      for (let k = rows[from]; k < rows[from + 1]; k++) if (!units.has(columns[k])) kept.push(k);
    }
    left[from + 1] = kept.length;
  }
  return {
    weights: {
      neurons,
      rows: left,
      columns: Uint16Array.from(kept, (k) => columns[k]),
      values: Float32Array.from(kept, (k) => values[k]),
    },
    kept: Uint32Array.from(kept),
  };
}
