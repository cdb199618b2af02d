import type { Kernels, RecurrentMatrix, Tensor } from "../../kernels/kernels.js";
import type { SparseWeights } from "../../kernels/sparse-weights.js";
import type { Watch } from "../simulation.js";
import { isMatrix, readKept } from "./seen.js";

type Units = NonNullable<Watch["units"]>;

/** Units [start, end) of values in their order, every n-th. */
function sliceOf(values: Float32Array, { start, end, every }: Units): Float32Array {
  if (every === 1) return values.slice(start, end);
  return Float32Array.from({ length: Math.ceil((end - start) / every) }, (_, i) => values[start + i * every]);
}

/** Calls `take` with each connection of the chosen units, in their order. */
function eachConnection(
  { neurons, rows, columns, values }: SparseWeights,
  { start, end, every }: Units,
  take: (place: number, value: number) => void,
): void {
  const lastRow = Math.min(neurons - 1, Math.floor((end - 1) / neurons));
  for (let from = Math.floor(start / neurons); from <= lastRow; from++) {
    for (let k = rows[from]; k < rows[from + 1]; k++) {
      const offset = from * neurons + columns[k] - start;
      if (offset >= 0 && offset < end - start && offset % every === 0) take(offset / every, values[k]);
    }
  }
}

function ofMatrix(weights: SparseWeights, units: Units, connectionsAlone: boolean): Float32Array {
  if (connectionsAlone) {
    const found: number[] = [];
    eachConnection(weights, units, (_place, value) => found.push(value));
    return Float32Array.from(found);
  }
  const slice = new Float32Array(Math.ceil((units.end - units.start) / units.every));
  eachConnection(weights, units, (place, value) => {
    slice[place] = value;
  });
  return slice;
}

/** A slice within one row is cut out beside the kernels; of anything longer all is read. */
function ofTensor(kernels: Kernels, tensor: Tensor, units: Units): Promise<Float32Array> {
  const { start, end, every } = units;
  const [, columns] = tensor.shape;
  const row = Math.floor(start / columns);
  if (tensor.shape.length === 2 && end <= (row + 1) * columns) {
    const within = [start - row * columns, end - row * columns] as const;
    const sample = kernels.sample({ tensor, row, units: within, every });
    return kernels.read(sample).finally(() => kernels.dispose(sample));
  }
  return readKept(kernels, tensor, (kept) => kernels.read(kept)).then((values) => sliceOf(values, units));
}

/**
 * Reads chosen values of weights back, row-major [from, to]; what is enqueued is enqueued before this returns.
 * @param value a pathway's weights, a bias, or a module's recurrent matrix
 * @param connectionsAlone of a recurrent matrix: without its zeros
 */
export function readWeights(
  kernels: Kernels,
  value: Tensor | RecurrentMatrix,
  units: Watch["units"],
  connectionsAlone: boolean,
): Promise<Float32Array> {
  if (isMatrix(value)) {
    const chosen = units ?? { start: 0, end: value.neurons ** 2, every: 1 };
    return readKept(kernels, value, (kept) => kernels.weights(kept)).then((weights) =>
      ofMatrix(weights, chosen, connectionsAlone),
    );
  }
  const size = value.shape.reduce((product, length) => product * length, 1);
  return ofTensor(kernels, value, units ?? { start: 0, end: size, every: 1 });
}
