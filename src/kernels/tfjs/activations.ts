import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../kernels.js";

const functions: Record<Activation, (u: tf.Tensor2D) => tf.Tensor2D> = {
  tanh: (u) => tf.tanh(u),
  sigmoid: (u) => tf.sigmoid(u),
  relu: (u) => tf.relu(u),
  relu6: (u) => tf.relu6(u),
  hardSigmoid: (u) => tf.clipByValue(tf.add(tf.mul(u, 1 / 6), 0.5), 0, 1),
  linear: (u) => u,
  sign: (u) => tf.sign(u),
  clip: (u) => tf.clipByValue(u, 0, 1),
};

const within = (h: tf.Tensor, low: number, high: number): tf.Tensor =>
  tf.cast(tf.logicalAnd(tf.greater(h, low), tf.less(h, high)), "float32");

/** f' by the state h = f(u). At a kink it is 0. */
const slopes: Record<Activation, (h: tf.Tensor) => tf.Tensor> = {
  tanh: (h) => tf.sub(1, tf.square(h)),
  sigmoid: (h) => tf.mul(h, tf.sub(1, h)),
  relu: (h) => tf.cast(tf.greater(h, 0), "float32"),
  relu6: (h) => within(h, 0, 6),
  hardSigmoid: (h) => tf.mul(within(h, 0, 1), 1 / 6),
  linear: (h) => tf.onesLike(h),
  sign: (h) => tf.zerosLike(h),
  clip: (h) => within(h, 0, 1),
};

/** f(u); for `linear` it is `u` itself. */
export const activate = (activation: Activation, u: tf.Tensor2D): tf.Tensor2D => functions[activation](u);

/** `x f'`, with f' expressed by the state. */
export const timesSlope = (activation: Activation, state: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.mul(x, slopes[activation](state));
