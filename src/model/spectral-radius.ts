import type { SparseWeights } from "../kernels/sparse-weights.js";
import { leadingModulus, norm, type Operator } from "./arnoldi.js";
import { random } from "./random.js";
import { balance, inDouble, multiplyRows, type SparseMatrix, select } from "./sparse-matrix.js";
import { cyclicClasses, strongComponents } from "./strong-components.js";

/**
 * The spectral radius of a real matrix: `max |lambda|` over its eigenvalues, complex ones included.
 *
 * The graph of the matrix is taken apart first: the eigenvalues are those of its strongly connected
 * components, so that a network without cycles has the spectral radius 0 exactly, however it is sorted.
 * @param weights any real matrix; not changed
 * @returns right to about 1e-6 relative; an eigenvalue that a defective matrix repeats k times, to about the
 *   k-th root of the rounding error 1e-16
 * @throws EddyError NOT_FINITE; NO_CONVERGENCE when more than 2048 neurons are connected such
 *   that nearly all eigenvalues have the same modulus
 */
export function spectralRadius(weights: SparseWeights): number {
  const sparse = inDouble(weights);
  const components = strongComponents(sparse);
  if (components.length === 1) return radiusOfComponent(sparse);
  let largest = 0;
  for (const members of components) largest = Math.max(largest, radiusOfComponent(select(sparse, members)));
  return largest;
}

/** The spectral radius of a strongly connected matrix. */
function radiusOfComponent(component: SparseMatrix): number {
  if (component.size === 1) return component.values.length === 0 ? 0 : Math.abs(component.values[0]);
  const { members, classStarts } = cyclicClasses(component);
  const { operator, logScale, period } = roundTrip(balance(select(component, members)), classStarts);
  return leadingModulus(operator) ** (1 / period) * Math.exp(logScale / period);
}

/**
 * The round trip of the first class through all of them. A matrix of period p has p eigenvalues of each modulus,
 * spread evenly over a circle, which no Krylov basis tells apart; `A^p` on one class has each of them once:
 * `rho(A)^p = rho(A_0 A_1 ... A_(p-1))`, A_c the rows of class c. Of period 1 it is A itself.
 * @returns the operator divided by exp(logScale), which keeps long products within the range of doubles
 */
function roundTrip(
  matrix: SparseMatrix,
  classStarts: Int32Array,
): { operator: Operator; logScale: number; period: number } {
  const period = classStarts.length - 1;
  const first = classStarts[1];
  const state = new Float64Array(matrix.size);
  const results = Array.from({ length: period }, (_, c) =>
    state.subarray(classStarts[c], classStarts[c + 1]),
  );
  const scales = new Float64Array(period).fill(1);
  const pass = (c: number, output: Float64Array) => {
    multiplyRows(matrix, state, output, classStarts[c], classStarts[c + 1]);
    for (let i = 0; i < output.length; i++) output[i] /= scales[c];
  };
  // one round trip of a random vector shows by how much each class changes the length
  const source = random(matrix.size, "round trip");
  for (let i = 0; i < first; i++) state[i] = source.normal(1 / Math.sqrt(first));
  for (let c = period - 1; c >= 0; c--) {
    const result = new Float64Array(results[c].length);
    pass(c, result);
    scales[c] = norm(result) || 1;
    results[c].set(result.map((part) => part / scales[c]));
  }
  const operator = {
    size: first,
    apply(input: Float64Array, output: Float64Array) {
      results[0].set(input);
      for (let c = period - 1; c > 0; c--) pass(c, results[c]);
      pass(0, output);
    },
  };
  return { operator, logScale: scales.reduce((sum, scale) => sum + Math.log(scale), 0), period };
}
