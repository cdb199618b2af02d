import type { Block, RecurrentMatrix, Tensor } from "./tensor.js";

/** One pathway's part of a gradient: `scale * source[:, block]^T error[:, errorBlock]`. */
export interface GradientTerm {
  /** [batch, units of the source]; "ones" is the constant source of a bias */
  readonly source: Tensor | "ones";
  readonly block: Block;
  /** [batch, units of the target] */
  readonly error: Tensor;
  readonly errorBlock: Block;
  /** gate / batch */
  readonly scale: number;
}

/** Moving averages of an optimiser, of the shape of its weights. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/** How a gradient changes weights. `step` counts from 1. */
export type OptimiserStep =
  | { readonly kind: "sgd"; readonly learningRate: number }
  | {
      readonly kind: "adam";
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly step: number;
    };

/** Gradient and optimiser in one. */
export interface LearnRequest {
  /** their sum is the gradient */
  readonly terms: readonly GradientTerm[];
  /** [from, to], or [to] for a bias; consumed */
  readonly weights: Tensor;
  /** consumed; null before the first step and for `sgd` */
  readonly moments: Moments | null;
  readonly optimiser: OptimiserStep;
  /** return the gradient too */
  readonly keepGradient?: boolean;
}

/** What `Kernels.learn` leaves; all handles are owned by the caller. */
export interface Learned {
  readonly weights: Tensor;
  readonly moments: Moments | null;
  readonly gradient: Tensor | null;
}

/**
 * Gradient and optimiser for the connections of a recurrent matrix. Which connections there are never changes: a weight
 * that would become 0 becomes `leastWeight`.
 */
export interface LearnMatrixRequest {
  /** their sum is the gradient, [neurons, neurons], of which only the connections' part counts */
  readonly terms: readonly GradientTerm[];
  /** consumed */
  readonly matrix: RecurrentMatrix;
  /** [connections], in the order of `SparseWeights`; consumed; null before the first step and for `sgd` */
  readonly moments: Moments | null;
  readonly optimiser: OptimiserStep;
  /** return the gradient too */
  readonly keepGradient?: boolean;
}

/** What `Kernels.learnMatrix` leaves; all handles are owned by the caller. */
export interface LearnedMatrix {
  readonly matrix: RecurrentMatrix;
  /** [connections] */
  readonly moments: Moments | null;
  /** [connections] */
  readonly gradient: Tensor | null;
}
