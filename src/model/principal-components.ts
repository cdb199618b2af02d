import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { invariant } from "../errors.js";

/** Points in the directions in which they vary most. */
export interface Projection {
  /** [points, components], centred; the largest |coordinate| of each component is positive */
  readonly coordinates: readonly Float64Array[];
  /** [components] share of all variance, in [0, 1]; 0 when the points do not vary */
  readonly shares: Float64Array;
}

/** The directions in which points vary most: what projects others as {@link principalComponents} does these. */
export interface PrincipalAxes {
  /** [units] of the points */
  readonly mean: Float64Array;
  /** [components, units], of length 1; zeros for those that the points do not have */
  readonly axes: readonly Float64Array[];
}

/** [units] mean over the points. */
function meanOf(points: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(points[0].length);
  for (const point of points) for (let i = 0; i < mean.length; i++) mean[i] += point[i] / points.length;
  return mean;
}

const less = (point: ArrayLike<number>, mean: Float64Array): Float64Array =>
  Float64Array.from(mean, (value, i) => point[i] - value);

/** [points, units] without the mean over the points. */
function centred(points: readonly ArrayLike<number>[]): Float64Array[] {
  const mean = meanOf(points);
  return points.map((point) => less(point, mean));
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** [points, points] the products of all pairs. */
function gramOf(X: readonly Float64Array[]): Matrix {
  const gram = Matrix.zeros(X.length, X.length);
  for (const [i, a] of X.entries()) {
    for (let j = 0; j <= i; j++) {
      const value = product(a, X[j]);
      gram.set(i, j, value);
      gram.set(j, i, value);
    }
  }
  return gram;
}

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
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gramOf(X), {
    assumeSymmetric: true,
  });
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

/** Part of all variance under which a component is rounding. */
const leastShare = 1e-12;

/**
 * The axes of points' principal components: with the coordinates `c` of the centred points X on a component, its axis is
 * `X^T c / |c|^2`. The sign is that of {@link principalComponents}.
 * @param points [points, units], one or more, of one length
 * @param components how many; those that the points do not have are zero
 */
export function principalAxes(points: readonly ArrayLike<number>[], components: number): PrincipalAxes {
  const { coordinates, shares } = principalComponents(points, components);
  const mean = meanOf(points);
  const axes = Array.from(shares, (share, k) => {
    const axis = new Float64Array(mean.length);
    if (!(share > leastShare)) return axis;
    const square = coordinates.reduce((sum, point) => sum + point[k] * point[k], 0);
    for (const [row, point] of points.entries()) {
      const weight = coordinates[row][k] / square;
      for (let i = 0; i < axis.length; i++) axis[i] += weight * (point[i] - mean[i]);
    }
    return axis;
  });
  return { mean, axes };
}

/** A point in principal components. @returns [components] */
export const projected = (point: ArrayLike<number>, { mean, axes }: PrincipalAxes): Float32Array => {
  const offset = less(point, mean);
  return Float32Array.from(axes, (axis) => product(axis, offset));
};
