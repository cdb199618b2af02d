import { EddyError } from "../errors.js";

/** Steps without a deflation after which the shifts are changed once, to leave a cycle of the iteration. */
const stepsToExceptionalShift = 10;

/** Steps for one eigenvalue; three are usual. */
const stepLimit = 300;

/** Complex numbers, the real parts apart from the imaginary ones. */
export interface ComplexNumbers {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * All eigenvalues of a real upper Hessenberg matrix, by the implicit QR iteration with double shifts.
 * @param matrix [size, size] row-major, zero below the first subdiagonal; overwritten
 * @throws EddyError NO_CONVERGENCE
 * @see Golub and Van Loan 2013, Matrix Computations, section 7.5
 */
export function hessenbergEigenvalues(matrix: Float64Array, size: number): ComplexNumbers {
  const values = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  let norm = 0;
  for (const entry of matrix) norm = Math.max(norm, Math.abs(entry));
  let high = size - 1;
  let steps = 0;
  while (high >= 0) {
    const low = activeStart(matrix, size, high, norm);
    if (low === high) {
      values.real[high] = matrix[high * size + high];
      high -= 1;
      steps = 0;
    } else if (low === high - 1) {
      storePair(matrix, size, low, values);
      high -= 2;
      steps = 0;
    } else {
      steps++;
      if (steps > stepLimit)
        throw new EddyError(
          "NO_CONVERGENCE",
          `eigenvalues: the QR iteration on ${size} x ${size} did not settle in ${stepLimit} steps`,
        );
      chaseBulge(matrix, size, low, high, shifts(matrix, size, high, steps));
    }
  }
  return values;
}

/** The first row of the last block that no negligible subdiagonal entry splits. */
function activeStart(matrix: Float64Array, size: number, high: number, norm: number): number {
  for (let row = high; row > 0; row--) {
    const below = row * size + row - 1;
    const neighbours = Math.abs(matrix[below - size]) + Math.abs(matrix[below + 1]);
    if (Math.abs(matrix[below]) <= Number.EPSILON * (neighbours || norm)) {
      matrix[below] = 0;
      return row;
    }
  }
  return 0;
}

/** Two shifts: the eigenvalues of a 2 x 2 matrix with this diagonal and product of the other two entries. */
interface Shifts {
  first: number;
  second: number;
  coupling: number;
}

/** The shifts of the last two rows; now and then others of their size. */
function shifts(matrix: Float64Array, size: number, high: number, steps: number): Shifts {
  const last = high * size + high;
  if (steps % stepsToExceptionalShift === 0) {
    const scale = Math.abs(matrix[last - 1]) + Math.abs(matrix[last - size - 2]);
    const angle = steps / stepsToExceptionalShift;
    const centre = matrix[last] + scale * Math.cos(angle);
    return { first: centre, second: centre, coupling: -((scale * Math.sin(angle)) ** 2) };
  }
  return {
    first: matrix[last],
    second: matrix[last - size - 1],
    coupling: matrix[last - 1] * matrix[last - size],
  };
}

/** One double step: `H <- Q^T H Q`, where Q begins with the first column of (H - shift 1) (H - shift 2). */
function chaseBulge(
  matrix: Float64Array,
  size: number,
  low: number,
  high: number,
  { first, second, coupling }: Shifts,
): void {
  const corner = low * size + low;
  const below = matrix[corner + size];
  // divided by the entry below the corner, not negligible here; differences first, as shifts may be close by
  let x = ((matrix[corner] - first) * (matrix[corner] - second) - coupling) / below + matrix[corner + 1];
  let y = matrix[corner] - first + (matrix[corner + size + 1] - second);
  let z = matrix[corner + 2 * size + 1];
  for (let k = low; k < high; k++) {
    const rows = k < high - 1 ? 3 : 2;
    if (k > low) {
      const at = k * size + k - 1;
      x = matrix[at];
      y = matrix[at + size];
      z = rows === 3 ? matrix[at + 2 * size] : 0;
    }
    const largest = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
    if (largest === 0) continue;
    x /= largest;
    y /= largest;
    z /= largest;
    const length = x < 0 ? -Math.sqrt(x * x + y * y + z * z) : Math.sqrt(x * x + y * y + z * z);
    // the reflector 1 - u w^T with u = (1, u1, u2), w = (w0, w1, w2) sends (x, y, z) to (-length, 0, 0)
    const w0 = (x + length) / length;
    const u1 = y / (x + length);
    const u2 = z / (x + length);
    if (k > low) {
      const at = k * size + k - 1;
      matrix[at] = -length * largest;
      matrix[at + size] = 0;
      if (rows === 3) matrix[at + 2 * size] = 0;
    }
    reflect(matrix, size, low, high, k, rows === 3, w0, u1, u2);
  }
}

/** Applies the reflector `1 - w0 u u^T`, u = (1, u1, u2), to rows and columns k to k + 2 (or k + 1) of a block. */
function reflect(
  matrix: Float64Array,
  size: number,
  low: number,
  high: number,
  k: number,
  three: boolean,
  w0: number,
  u1: number,
  u2: number,
): void {
  const first = k * size;
  const second = first + size;
  const w1 = w0 * u1;
  const w2 = w0 * u2;
  const lastRow = Math.min(high, k + 3);
  if (three) {
    const third = second + size;
    for (let j = k; j <= high; j++) {
      const along = matrix[first + j] + u1 * matrix[second + j] + u2 * matrix[third + j];
      matrix[first + j] -= w0 * along;
      matrix[second + j] -= w1 * along;
      matrix[third + j] -= w2 * along;
    }
    for (let i = low, at = low * size + k; i <= lastRow; i++, at += size) {
      const along = matrix[at] + u1 * matrix[at + 1] + u2 * matrix[at + 2];
      matrix[at] -= w0 * along;
      matrix[at + 1] -= w1 * along;
      matrix[at + 2] -= w2 * along;
    }
    return;
  }
  for (let j = k; j <= high; j++) {
    const along = matrix[first + j] + u1 * matrix[second + j];
    matrix[first + j] -= w0 * along;
    matrix[second + j] -= w1 * along;
  }
  for (let i = low, at = low * size + k; i <= lastRow; i++, at += size) {
    const along = matrix[at] + u1 * matrix[at + 1];
    matrix[at] -= w0 * along;
    matrix[at + 1] -= w1 * along;
  }
}

/** Stores the two eigenvalues of the block of rows `low` and `low + 1`. */
function storePair(matrix: Float64Array, size: number, low: number, values: ComplexNumbers): void {
  const at = low * size + low;
  const [a, b, c, d] = [matrix[at], matrix[at + 1], matrix[at + size], matrix[at + size + 1]];
  const half = (a - d) / 2;
  const discriminant = half * half + b * c;
  if (discriminant < 0) {
    const imaginary = Math.sqrt(-discriminant);
    values.real[low] = values.real[low + 1] = (a + d) / 2;
    values.imaginary[low] = imaginary;
    values.imaginary[low + 1] = -imaginary;
    return;
  }
  // the larger root first; the smaller one from the product, without cancellation
  const offset = half + (half < 0 ? -1 : 1) * Math.sqrt(discriminant);
  values.real[low] = d + offset;
  values.real[low + 1] = offset === 0 ? d : d - (b * c) / offset;
}

/**
 * How well a Ritz value solves the eigenvalue problem of the operator behind a Krylov basis V: the norm of
 * `A V y - theta V y`, y of length 1 from the recurrence up from the last row of H. It holds whatever the error
 * in theta is.
 * @param hessenberg row-major with row length `stride`; its rows 0 to size (one below the square) are read
 */
export function ritzResidual(
  hessenberg: Float64Array,
  stride: number,
  size: number,
  real: number,
  imaginary: number,
): number {
  const yReal = new Float64Array(size);
  const yImaginary = new Float64Array(size);
  yReal[size - 1] = 1;
  let last = 1;
  let square = 1;
  let topSquare = 0;
  for (let row = size - 1; row >= 0; row--) {
    const at = row * stride;
    let sumReal = -(real * yReal[row] - imaginary * yImaginary[row]);
    let sumImaginary = -(real * yImaginary[row] + imaginary * yReal[row]);
    for (let j = row; j < size; j++) {
      sumReal += hessenberg[at + j] * yReal[j];
      sumImaginary += hessenberg[at + j] * yImaginary[j];
    }
    if (row === 0) {
      topSquare = sumReal * sumReal + sumImaginary * sumImaginary;
      break;
    }
    const below = hessenberg[at + row - 1];
    yReal[row - 1] = -sumReal / below;
    yImaginary[row - 1] = -sumImaginary / below;
    square += yReal[row - 1] ** 2 + yImaginary[row - 1] ** 2;
    if (square > 1e200) {
      // the parts grow from the last to the first as the value converges: kept within the range of doubles
      for (let j = row - 1; j < size; j++) {
        yReal[j] *= 1e-100;
        yImaginary[j] *= 1e-100;
      }
      last *= 1e-100;
      square *= 1e-200;
    }
  }
  const below = last * hessenberg[size * stride + size - 1];
  return Math.sqrt((below * below + topSquare) / square);
}
