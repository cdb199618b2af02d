import { EddyError } from "../errors.js";
import { hessenbergEigenvalues, ritzResidual } from "./hessenberg.js";
import { random } from "./random.js";

/** A linear map of vectors of length `size` into vectors of the same length. */
export interface Operator {
  readonly size: number;
  apply(input: Float64Array, output: Float64Array): void;
}

/** Size of the basis at the first look at its Ritz values, and by how much it has grown at each next. */
const firstLook = 40;
const growth = 1.2;

/** No basis grows further: 2048 vectors of 4096 neurons take 64 MiB and about a minute. */
const basisLimit = 2048;

/** Residual of the leading Ritz value, relative to its modulus. */
const residualTolerance = 1e-6;

/** Relative change of the leading modulus since the look before. */
const changeTolerance = 2e-4;

/** A competitor counts as settled when its modulus plus so many residuals does not exceed the leading one. */
const residualMargin = 3;
const competitorTolerance = 1e-4;

/**
 * Moduli from here up, relative to the leading one, are competitors. Where eigenvalues fill a disk that ring grows with
 * their number; from 4,096 on it is as narrow as to hold no more of them than it does there.
 */
const competitorFloor = (size: number): number => Math.max(0.97, 1 - (0.03 * 4096) / size);

/** A new direction of this relative length is rounding: the basis spans an invariant subspace. */
const breakdown = 1e-13;

/** What Arnoldi's method has found: orthonormal rows V and H, `stride` entries a row, with `A V = V H`. */
interface Krylov {
  /** One vector more than the columns of H that are filled, unless they span an invariant subspace. */
  basis: Float64Array[];
  hessenberg: Float64Array;
  stride: number;
}

/**
 * The largest |eigenvalue| of an operator, by Arnoldi's method with a growing basis. It is never restarted: on
 * spectra that fill a disk, as those of random networks, a whole basis converges faster than any power, and it
 * ends at the exact answer when it spans the space.
 *
 * The basis has grown enough when the leading Ritz value has a small residual and keeps its modulus, and no
 * other Ritz value might, by its own residual, belong to a larger eigenvalue.
 * @throws EddyError NO_CONVERGENCE
 * @see Saad 2011, Numerical Methods for Large Eigenvalue Problems, chapter 6
 */
export function leadingModulus(operator: Operator): number {
  const { size } = operator;
  const limit = Math.min(size, basisLimit);
  const krylov: Krylov = { basis: [startVector(size)], hessenberg: new Float64Array(0), stride: 0 };
  let reached = 0;
  let before = Number.NaN;
  while (true) {
    // past the half the rest of the way is cheaper than another look on it
    const next = Math.ceil(Math.max(firstLook, reached * growth));
    const target = next > size / 2 ? limit : Math.min(next, limit);
    widen(krylov, reached, target);
    const grown = extend(operator, krylov, reached, target);
    const complete = krylov.basis.length === grown || grown === size;
    const moduli = ritzValues(krylov, grown);
    const leading = moduli[0].modulus;
    if (complete || isSettled(krylov, grown, moduli, before, competitorFloor(size) * leading)) return leading;
    if (grown === limit)
      throw new EddyError(
        "NO_CONVERGENCE",
        `spectral radius: ${limit} Arnoldi vectors do not settle the largest of ${size} |eigenvalues|, near ` +
          `${leading}; take another seed, or fewer neurons`,
      );
    before = leading;
    reached = grown;
  }
}

/** Seeded, and generic: a part of it lies along every eigenvector. */
function startVector(size: number): Float64Array {
  const source = random(size, "spectral radius");
  const vector = Float64Array.from({ length: size }, () => source.normal(1));
  const length = norm(vector);
  return vector.map((part) => part / length);
}

/** Makes room in H for a basis of `target` vectors. */
function widen(krylov: Krylov, reached: number, target: number): void {
  const wider = new Float64Array((target + 1) * target);
  for (let row = 0; row <= reached; row++)
    wider.set(krylov.hessenberg.subarray(row * krylov.stride, row * krylov.stride + reached), row * target);
  krylov.hessenberg = wider;
  krylov.stride = target;
}

/**
 * Arnoldi steps from a basis of `from` vectors to one of `to`.
 * @returns the size reached: less than `to` when the basis spans an invariant subspace before
 */
function extend(operator: Operator, krylov: Krylov, from: number, to: number): number {
  const { basis, hessenberg, stride } = krylov;
  const { size } = operator;
  const coefficients = new Float64Array(to + 4);
  for (let j = from; j < to; j++) {
    const vector = new Float64Array(size);
    operator.apply(basis[j], vector);
    const lengthBefore = norm(vector);
    let lengthAfter = lengthBefore;
    // the second pass removes what rounding left of the first; where little was removed it has left nothing
    for (let pass = 0; pass < 2; pass++) {
      const lengthOfPass = lengthAfter;
      removeProjection(basis, j + 1, vector, coefficients);
      for (let i = 0; i <= j; i++) hessenberg[i * stride + j] += coefficients[i];
      lengthAfter = norm(vector);
      if (lengthAfter > 0.7 * lengthOfPass) break;
    }
    if (lengthAfter <= breakdown * lengthBefore || lengthBefore === 0) return j + 1;
    hessenberg[(j + 1) * stride + j] = lengthAfter;
    for (let i = 0; i < size; i++) vector[i] /= lengthAfter;
    basis[j + 1] = vector;
  }
  return to;
}

/** Euclidean length. */
export function norm(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}

/** `coefficients = V vector; vector -= V^T coefficients`, V the first `count` rows of the basis. */
function removeProjection(
  basis: Float64Array[],
  count: number,
  vector: Float64Array,
  coefficients: Float64Array,
): void {
  const size = vector.length;
  // four rows at once: the vector is read a quarter as often and four sums run side by side
  const paired = count - (count % 4);
  for (let k = 0; k < paired; k += 4) {
    const [v0, v1, v2, v3] = [basis[k], basis[k + 1], basis[k + 2], basis[k + 3]];
    let [c0, c1, c2, c3] = [0, 0, 0, 0];
    for (let i = 0; i < size; i++) {
      const part = vector[i];
      c0 += v0[i] * part;
      c1 += v1[i] * part;
      c2 += v2[i] * part;
      c3 += v3[i] * part;
    }
    coefficients[k] = c0;
    coefficients[k + 1] = c1;
    coefficients[k + 2] = c2;
    coefficients[k + 3] = c3;
  }
  for (let k = paired; k < count; k++) {
    const v = basis[k];
    let sum = 0;
    for (let i = 0; i < size; i++) sum += v[i] * vector[i];
    coefficients[k] = sum;
  }
  for (let k = 0; k < paired; k += 4) {
    const [v0, v1, v2, v3] = [basis[k], basis[k + 1], basis[k + 2], basis[k + 3]];
    const [c0, c1, c2, c3] = coefficients.subarray(k, k + 4);
    for (let i = 0; i < size; i++) vector[i] -= c0 * v0[i] + c1 * v1[i] + c2 * v2[i] + c3 * v3[i];
  }
  for (let k = paired; k < count; k++) {
    const v = basis[k];
    const c = coefficients[k];
    for (let i = 0; i < size; i++) vector[i] -= c * v[i];
  }
}

/** An eigenvalue of the projected operator; of a conjugate pair the upper one. */
interface RitzValue {
  modulus: number;
  real: number;
  imaginary: number;
}

/** The Ritz values of a basis of `size` vectors, the largest modulus first. */
function ritzValues({ hessenberg, stride }: Krylov, size: number): RitzValue[] {
  const square = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    square.set(hessenberg.subarray(row * stride, row * stride + size), row * size);
  const { real, imaginary } = hessenbergEigenvalues(square, size);
  const values: RitzValue[] = [];
  for (let i = 0; i < size; i++)
    if (imaginary[i] >= 0)
      values.push({ modulus: Math.hypot(real[i], imaginary[i]), real: real[i], imaginary: imaginary[i] });
  return values.sort((a, b) => b.modulus - a.modulus);
}

/** Whether the first of the sorted Ritz values is the leading eigenvalue, by the criterion of `leadingModulus`. */
function isSettled(
  krylov: Krylov,
  size: number,
  values: RitzValue[],
  before: number,
  floor: number,
): boolean {
  const leading = values[0].modulus;
  if (!(Math.abs(leading - before) <= changeTolerance * leading)) return false;
  return values.every(({ modulus, real, imaginary }, index) => {
    if (modulus < floor) return true;
    const residual = ritzResidual(krylov.hessenberg, krylov.stride, size, real, imaginary);
    if (index === 0 && residual > residualTolerance * leading) return false;
    return modulus + residualMargin * residual <= (1 + competitorTolerance) * leading;
  });
}
