/**
 * The one interface between Eddy's equations and the hardware: few, coarse kernels over opaque handles, so that a
 * GPU or a worker thread gets a whole phase in one call.
 *
 * Rules that every implementation keeps:
 * - Every kernel enqueues synchronously and returns handles; only what {@link Kernels.read} and
 *   {@link Kernels.weights} give is a promise.
 * - Handles are owned: who makes one disposes of it. `retain` adds an owner, `dispose` takes one away.
 * - Kernels never change an argument, except {@link Kernels.learn} and {@link Kernels.learnMatrix}, which consume what
 *   their docstrings name and return other handles: a handle keeps its numbers for life, and never comes back once it was given up.
 * - All numbers are float32; matrices are row-major, [from, to], so a drive is `h W`.
 */

import type { EddyError } from "../errors.js";
import type { Learned, LearnedMatrix, LearnMatrixRequest, LearnRequest } from "./learning.js";
import type { SparseWeights } from "./sparse-weights.js";
import type { Block, RecurrentMatrix, Tensor } from "./tensor.js";

export type {
  GradientTerm,
  Learned,
  LearnedMatrix,
  LearnMatrixRequest,
  LearnRequest,
  Moments,
  OptimiserStep,
} from "./learning.js";
export type { Block, RecurrentMatrix, Tensor } from "./tensor.js";

/**
 * Activation functions. `hardSigmoid` is `clip(x/6 + 1/2, 0, 1)`, `relu6` is `clip(x, 0, 6)`, `clip` is `clip(x, 0, 1)`,
 * `sign(0)` is 0.
 */
export type Activation = "tanh" | "sigmoid" | "relu" | "relu6" | "hardSigmoid" | "linear" | "sign" | "clip";

/** What a readout makes of its weighted sum. */
export type Nonlinearity = "softmax" | "sigmoid" | "linear";

/** One pathway's part of a drive: `scale * source[:, block] weights`, added to the units of `target`. */
export interface DriveTerm {
  /** [batch, units of the source] */
  readonly source: Tensor;
  /** columns of `source` that the pathway reads */
  readonly block: Block;
  /** [block size, target size], or [target size, block size] when `transposed` */
  readonly weights: Tensor;
  readonly transposed?: boolean;
  /** gate, and `-beta` for an error, dimensionless */
  readonly scale: number;
  /** units that it enters */
  readonly target: Block;
}

/** All that drives a module. Units that no term enters get what `base` gives them, or zero. */
export interface DriveRequest {
  readonly batch: number;
  /** units of the module */
  readonly units: number;
  readonly terms: readonly DriveTerm[];
  /** [batch, units] added to the sum of the terms */
  readonly base?: Tensor;
}

/** What a module that propagates only changes remembers from one iteration to the next. */
export interface Propagated {
  /** [batch, neurons] the state of each unit when it last spoke */
  readonly spoken: Tensor;
  /** [batch, neurons] `spoken W`, summed change by change */
  readonly sum: Tensor;
}

/**
 * Event-driven propagation. In each iteration a unit with `|h - spoken| > epsilon` speaks: `sum <- sum + (h - spoken)
 * W[unit]`, in ascending order of the units, and `spoken <- h`; then `h <- f(gain sum + b + drive)`. So `|h - spoken| <=
 * epsilon` always, and the sum is off by at most epsilon times the largest column sum of |W|, rounding aside. It is kept
 * without the gain, so that another gain voids nothing.
 */
export interface ChangePropagation {
  /** >= 0; at 0 every unit that changed at all speaks */
  readonly epsilon: number;
  /**
   * null: in the first iteration all units speak, to nothing that was there before: a full product, or from "zero"
   * none at all; without an iteration nothing was said: zeros
   */
  readonly remembered: Propagated | null;
}

/** One module's iterations `h <- f((1 - timeStep) h + timeStep (gain (h W) + b + drive))`. */
export interface SettleRequest {
  readonly matrix: RecurrentMatrix;
  /** factor of the recurrent product, dimensionless, finite as float32; absent means 1, which changes no bit */
  readonly gain?: number;
  /**
   * part of its way that a unit goes in an iteration, in (0, 1], dimensionless: a step of Euler's method, and a leak of
   * `1 - timeStep`; absent means 1, which changes no bit
   */
  readonly timeStep?: number;
  /** [neurons] recurrent bias b; absent means zero */
  readonly bias?: Tensor;
  readonly activation: Activation;
  /** [batch, neurons] state at the start, or zero (then the first product is left out) */
  readonly from: Tensor | "zero";
  /** [batch, neurons] constant while settling */
  readonly drive: Tensor;
  /** at most so many iterations; 0 returns the start */
  readonly iterations: number;
  /** end early when the residual falls to this or under; absent means all iterations */
  readonly tolerance?: number;
  /** report residual and iterations (implied by `tolerance`) */
  readonly report?: boolean;
  /**
   * units of the state that the caller will use; absent means all. The others may be left at any iteration, so the
   * last one need not compute them. Not together with `tolerance`, `report` or `changes`.
   */
  readonly needed?: readonly Block[];
  /** propagate only changes; absent means full products */
  readonly changes?: ChangePropagation;
}

/** The end of a {@link SettleRequest}; all handles are owned by the caller. */
export interface Settled {
  /** [batch, neurons]; may be `from` itself, with one more owner, where no unit changed: a module that rests says so */
  readonly state: Tensor;
  /**
   * [2] the residual max |h(T) - h(T-1)| (infinite without an iteration) and the iterations made; null unless it
   * was asked for
   */
  readonly report: Tensor | null;
  /**
   * what the module remembers; null unless it propagates changes. May be what it remembered before, with one more
   * owner, where no unit spoke
   */
  readonly propagated: Propagated | null;
}

/** A readout: `nonlinearity(sum of terms + bias)`. */
export interface ReadoutRequest {
  readonly batch: number;
  readonly size: number;
  readonly terms: readonly DriveTerm[];
  /** [size]; absent means zero */
  readonly bias?: Tensor;
  readonly nonlinearity: Nonlinearity;
}

/** Which part of a [batch, units] tensor a watcher wants. */
export interface SampleRequest {
  readonly tensor: Tensor;
  /** one row of the batch, or the mean over all of them */
  readonly row: number | "mean";
  /** units [start, end), every n-th */
  readonly units: Block;
  readonly every: number;
}

/** The numerics of Eddy on one backend. */
export interface Kernels {
  /** the name by which users choose it, as "reference" or "wasm" */
  readonly name: string;
  /** the same inputs give the same bits, whenever and wherever it runs */
  readonly exact: boolean;
  /** what computes here, for people: the code that was picked and its threads, or a GPU */
  readonly detail?: string;
  /**
   * Resolves when the device is lost, with what every kernel throws from then on; never after `close`. Absent where
   * that cannot happen.
   */
  readonly lost?: Promise<EddyError>;

  /** Uploads `data` (copied). @throws EddyError SHAPE_MISMATCH */
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  /**
   * Prepares a recurrent matrix (copied). It is kept once, in the forms that the backend computes with.
   * @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT
   */
  matrix(weights: SparseWeights): RecurrentMatrix;
  /** Reads a tensor back; the array belongs to the caller. */
  read(tensor: Tensor): Promise<Float32Array>;
  /**
   * Shows a tensor's numbers, row by row, where they lie: they may be looked at until `look` returns, and not changed.
   * Absent where they are out of this process's reach.
   */
  lend?<Result>(tensor: Tensor, look: (values: Float32Array) => Result): Result;
  /** Reads a recurrent matrix back: to the bit the numbers that were given. They belong to the caller. */
  weights(matrix: RecurrentMatrix): Promise<SparseWeights>;
  /** Adds an owner and returns the same handle. */
  retain<T extends Tensor | RecurrentMatrix>(handle: T): T;
  /** Takes an owner away; without owners the memory is freed. */
  dispose(handle: Tensor | RecurrentMatrix): void;
  /** Handles alive now: what a leak test watches. */
  live(): number;
  /** Frees the backend; no handle may be used afterwards. */
  close(): void;

  /**
   * `drive = base + sum over terms of scale * source[:, block] weights`.
   * @returns [batch, units], owned by the caller
   * @throws EddyError SHAPE_MISMATCH
   * @see Liu et al. 2026, eq. S1
   */
  drive(request: DriveRequest): Tensor;
  /**
   * Settles modules, each by itself: `h <- f(gain (h W) + b + drive)`, `iterations` times, or by smaller time steps. With
   * one iteration and all modules it is a tick of a network.
   * @throws EddyError SHAPE_MISMATCH
   * @see Liu et al. 2026, eq. S1
   */
  settle(requests: readonly SettleRequest[]): readonly Settled[];
  /**
   * `nonlinearity(sum of terms + bias)`.
   * @returns [batch, size], owned by the caller
   * @see Liu et al. 2026, eq. S3
   */
  readout(request: ReadoutRequest): Tensor;
  /** `a - b`, of one shape: output errors and module errors (eq. S6). @returns owned by the caller */
  difference(a: Tensor, b: Tensor): Tensor;
  /**
   * `x f'`, with f' expressed by the state f(u) itself: for rules that keep the derivative (eq. S8).
   * @param state [batch, units] f(u)
   * @param x [batch, units]
   * @returns [batch, units], owned by the caller; f' of `sign` is 0
   */
  derivative(activation: Activation, state: Tensor, x: Tensor): Tensor;
  /**
   * Gradient and optimiser step: SGD `w - lr g`, or Adam with bias correction.
   * Consumes `weights` and `moments`: the caller owns what is returned instead.
   * @throws EddyError SHAPE_MISMATCH
   * @see Liu et al. 2026, eq. S9; Kingma and Ba 2015
   */
  learn(request: LearnRequest): Learned;
  /**
   * {@link learn} for the connections of a recurrent matrix: `dW_ij = -lr g_ij` (or Adam's step) where there is a
   * connection. Consumes `matrix` and `moments`: the caller owns what is returned instead.
   * @throws EddyError SHAPE_MISMATCH
   */
  learnMatrix(request: LearnMatrixRequest): LearnedMatrix;
  /**
   * Scores class outputs against one-hot targets.
   * @returns [2]: cross-entropy summed over the batch (nats), and how many outputs have their largest value where
   * the target has (the first of equals counts)
   */
  score(output: Tensor, target: Tensor): Tensor;
  /** What a watcher sees of a tensor. @returns [ceil(units / every)], owned by the caller */
  sample(request: SampleRequest): Tensor;
  /** Mean of |x| over all elements. @returns [1], owned by the caller */
  meanMagnitude(tensor: Tensor): Tensor;
}
