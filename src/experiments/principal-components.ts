import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { invariant } from "../errors.js";

/** Points in the directions in which they vary most. */
export interface Projection {
  /** [points, components], centred; the largest |coordinate| of each component is positive */
  readonly coordinates: readonly Float64Array[];
  /** [components] share of all variance, in [0, 1]; 0 when the points do not vary */
  readonly shares: Float64Array;
}

/** [points, units] without the mean over the points. */
function centred(points: readonly ArrayLike<number>[]): Float64Array[] {
  const units = points[0].length;
  const mean = new Float64Array(units);
  for (const point of points) for (let i = 0; i < units; i++) mean[i] += point[i] / points.length;
  return points.map((point) => Float64Array.from(mean, (value, i) => point[i] - value));
}

const product = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/** An eigenvector has no sign of its own: the largest coordinate is made positive. */
function oriented(coordinates: Float64Array): Float64Array {
  const largest = coordinates.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? coordinates.map((value) => -value) : coordinates;
}

/**
 * Principal components of few points of many units: of the eigenvectors `v` and eigenvalues `l` of the points' Gram
 * matrix `X X^T`, X centred, the coordinates are `v sqrt(l)`. That is the projection on the eigenvectors of the covariance
 * matrix `X^T X`, which has the same eigenvalues, yet [points, points] is the smaller matrix.
 * @param points [points, units], one or more, of one length
 * @param components how many; those that the points do not have are zero
 * @see Liu et al. 2026, Materials and methods, Principal component analysis for dimension reduction
 */
export function principalComponents(points: readonly ArrayLike<number>[], components: number): Projection {
  invariant(
    points.length > 0 && points.every(({ length }) => length === points[0].length),
    "principal components need points of one length",
  );
  const X = centred(points);
  const gram = new Matrix(X.map((a) => X.map((b) => product(a, b))));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, index) => index)
    .sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0);
  const columns = Array.from({ length: components }, (_unused, k) => {
    const index = order[k];
    // rounding leaves eigenvalues that are zero a little on either side of it
    const scale = index === undefined ? 0 : Math.sqrt(Math.max(0, realEigenvalues[index]));
    return oriented(
      Float64Array.from(X, (_point, row) => (scale === 0 ? 0 : scale * eigenvectorMatrix.get(row, index))),
    );
  });
  return {
    coordinates: X.map((_point, row) => Float64Array.from(columns, (column) => column[row])),
    shares: Float64Array.from(columns, (column) => (total > 0 ? product(column, column) / total : 0)),
  };
}
