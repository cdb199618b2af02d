import * as tf from "@tensorflow/tfjs-core";
import type { GradientTerm, LearnMatrixRequest, LearnRequest, OptimiserStep } from "../kernels.js";
import { leastWeight } from "../sparse-weights.js";
import { columns, type Device, scaled } from "./device.js";

/** A closed gate, or a block without units, teaches nothing. */
const teaches = ({ source, scale, block, errorBlock }: GradientTerm): boolean =>
  scale !== 0 && errorBlock[1] > errorBlock[0] && (source === "ones" || block[1] > block[0]);

function contribution(device: Device, term: GradientTerm): tf.Tensor {
  const error = columns(device.handles.contentOf(term.error), term.errorBlock);
  if (term.source === "ones") return scaled(tf.sum(error, 0), term.scale);
  const source = columns(device.handles.contentOf(term.source), term.block);
  return scaled(device.product(source, error, true, false), term.scale);
}

function gradientOf(device: Device, terms: readonly GradientTerm[], shape: readonly number[]): tf.Tensor {
  let sum: tf.Tensor | null = null;
  for (const term of terms.filter(teaches)) {
    const part = contribution(device, term);
    sum = sum ? tf.add(sum, part) : part;
  }
  return sum ?? tf.zeros([...shape]);
}

/**
 * @returns new tensors: the weights, for `adam` both moments, and the gradient when it is to be kept; what the
 * request consumes is left to the caller
 */
export function learn(device: Device, request: LearnRequest): tf.Tensor[] {
  const gradient = gradientOf(device, request.terms, request.weights.shape);
  return step(device, device.handles.contentOf(request.weights), gradient, request);
}

/**
 * The same at the connections of a matrix, picked out of its dense gradient.
 * @returns the matrix, and the others of {@link learn} as [connections]
 */
export function learnMatrix(
  device: Device,
  request: LearnMatrixRequest,
): { matrix: tf.Tensor2D; others: tf.Tensor[] } {
  const { dense, places: connections } = device.handles.matrixOf(request.matrix);
  const { count } = connections;
  const [neurons] = dense.shape;
  const places = tf.tensor1d(connections.inDense(), "int32");
  // nothing can be gathered by no places
  const picked = (matrix: tf.Tensor) =>
    count === 0 ? tf.zeros([0]) : tf.gather(tf.reshape(matrix, [neurons * neurons]), places);
  const gradient = picked(gradientOf(device, request.terms, [neurons, neurons]));
  const [weights, ...others] = step(device, picked(dense), gradient, request);
  if (count === 0) return { matrix: dense.clone(), others };
  const kept = tf.where(tf.equal(weights, 0), tf.fill([count], leastWeight), weights);
  const scattered = tf.scatterND(tf.reshape(places, [count, 1]), kept, [neurons * neurons]);
  return { matrix: tf.reshape(scattered, [neurons, neurons]), others };
}

/** The optimiser's step. @returns new tensors, as {@link learn} says */
function step(
  { handles }: Device,
  weights: tf.Tensor,
  gradient: tf.Tensor,
  { moments, optimiser, keepGradient }: Pick<LearnRequest, "moments" | "optimiser" | "keepGradient">,
): tf.Tensor[] {
  const kept = keepGradient ? [gradient] : [];
  if (optimiser.kind === "sgd") {
    return [tf.sub(weights, scaled(gradient, optimiser.learningRate)), ...kept];
  }
  const first = moments ? handles.contentOf(moments.first) : tf.zerosLike(weights);
  const second = moments ? handles.contentOf(moments.second) : tf.zerosLike(weights);
  return [...adamStep(weights, first, second, gradient, optimiser), ...kept];
}

/**
 * `m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2; w <- w - lr m' / (sqrt(v') + eps)`, with the bias-corrected
 * `m' = m / (1 - b1^t)` and `v' = v / (1 - b2^t)`.
 * @returns weights, first and second moment
 * @see Kingma and Ba 2015, algorithm 1
 */
function adamStep(
  weights: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  gradient: tf.Tensor,
  { learningRate, beta1, beta2, epsilon, step }: Extract<OptimiserStep, { kind: "adam" }>,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const m = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  // the corrections' factors join those that are there already, so that no pass over the weights is added:
  // lr m' / (sqrt(v') + eps) = (lr / c1 * sqrt(c2)) m / (sqrt(v) + eps sqrt(c2))
  const correction = Math.sqrt(1 - beta2 ** step);
  const rate = (learningRate * correction) / (1 - beta1 ** step);
  const change = tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon * correction));
  return [tf.sub(weights, change), m, v];
}
