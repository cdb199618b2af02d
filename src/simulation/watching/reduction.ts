import { type PrincipalAxes, principalAxes, projected } from "../../model/principal-components.js";
import type { Reduction } from "../simulation.js";

/** What makes a frame's payload of the chosen values. */
export interface Reducer {
  /** Whether it wants to see values of this tick though no frame may go yet. */
  collects(): boolean;
  /** null: no frame yet. */
  reduce(values: Float32Array): Float32Array | Uint8Array | null;
}

/** Samples in which principal components are found: an eigenvalue search of some milliseconds, once a watch. */
export const samplesNeeded = 128;

/** The projection on components that the first {@link samplesNeeded} samples have; they stay as long as the watch does. */
function components(count: number): Reducer {
  let samples: Float32Array[] = [];
  let asked = 0;
  let axes: PrincipalAxes | null = null;
  return {
    collects() {
      asked += 1;
      return asked <= samplesNeeded;
    },
    reduce(values) {
      if (axes) return projected(values, axes);
      samples.push(values);
      if (samples.length < samplesNeeded) return null;
      axes = principalAxes(samples, count);
      samples = [];
      return projected(values, axes);
    },
  };
}

/** How many values fall into each bin; those outside count for the first and the last, NaN for none. */
export function histogram(
  values: Float32Array,
  bins: number,
  [low, high]: readonly [number, number],
): Float32Array {
  const counts = new Float32Array(bins);
  const scale = bins / (high - low);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    counts[Math.max(0, Math.min(bins - 1, Math.floor((value - low) * scale)))] += 1;
  }
  return counts;
}

/** Each value as the nearest of 256 steps of the range; those outside as its ends, NaN as 0. */
export function quantised(values: Float32Array, [low, high]: readonly [number, number]): Uint8Array {
  const scale = 255 / (high - low);
  const bytes = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = (values[i] - low) * scale;
  return new Uint8Array(bytes.buffer);
}

const stateless = (reduce: Reducer["reduce"]): Reducer => ({ collects: () => false, reduce });

/** The reducer of one watch; without a reduction the values themselves. */
export function reducerOf(reduction: Reduction | undefined): Reducer {
  switch (reduction?.kind) {
    case undefined:
      return stateless((values) => values);
    case "components":
      return components(reduction.count);
    case "histogram":
      return stateless((values) => histogram(values, reduction.bins, reduction.range));
    case "bytes":
      return stateless((values) => quantised(values, reduction.range));
  }
}
