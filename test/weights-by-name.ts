import { denseWeights, sparseWeights } from "../src/kernels/sparse-weights.js";
import type { Weights } from "../src/model/initial-weights.js";
import { recurrentName } from "../src/model/network.js";

/** All numbers of a network by name, recurrent weights with their zeros. */
export const byName = ({ recurrent, dense }: Weights): Map<string, Float32Array> =>
  new Map([
    ...[...recurrent].map(([module, weights]) => [recurrentName(module), denseWeights(weights)] as const),
    ...dense,
  ]);

/** A network's weights from numbers by name: what ends in ".W" is a module's. */
export function fromNames(numbers: ReadonlyMap<string, Float32Array>): Weights {
  const matrices = [...numbers].filter(([name]) => name.endsWith(".W"));
  return {
    recurrent: new Map(
      matrices.map(([name, data]) => [name.slice(0, -2), sparseWeights(data, Math.sqrt(data.length))]),
    ),
    dense: new Map([...numbers].filter(([name]) => !name.endsWith(".W"))),
  };
}
