import * as tf from "@tensorflow/tfjs-core";
import type { GradientTerm, LearnRequest, OptimiserStep } from "../kernels.js";
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
  const { handles } = device;
  const { terms, moments, optimiser, keepGradient } = request;
  const gradient = gradientOf(device, terms, request.weights.shape);
  const weights = handles.contentOf(request.weights);
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
