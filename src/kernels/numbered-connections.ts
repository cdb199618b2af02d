import type { SparseWeights } from "./sparse-weights.js";

/** Which connections a recurrent matrix has, without their weights. */
export type Connections = Omit<SparseWeights, "values">;

/**
 * Connections numbered from 1, in the places of their weights: a form that is made of them says where each connection
 * stands in it. The numbers are bits of float32 far below NaN, so that copying keeps them.
 */
export function numberedConnections({ neurons, rows, columns }: Connections): SparseWeights {
  const numbers = Uint32Array.from({ length: columns.length }, (_, connection) => connection + 1);
  return { neurons, rows, columns, values: new Float32Array(numbers.buffer) };
}

/**
 * @param numbers the weights of a form that was made of {@link numberedConnections}
 * @returns [connections] the place of each connection's weight among them
 */
export function connectionPlaces(numbers: Uint32Array, connections: number): Uint32Array {
  const places = new Uint32Array(connections);
  for (let place = 0; place < numbers.length; place++) {
    if (numbers[place] > 0) places[numbers[place] - 1] = place;
  }
  return places;
}
