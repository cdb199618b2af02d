import * as tf from "@tensorflow/tfjs-core";
import type { SampleRequest } from "../kernels.js";
import { leastProbability } from "../shapes.js";
import type { Device } from "./device.js";

/** @returns [2]: cross-entropy summed over the batch (nats), number of right outputs */
export function score(output: tf.Tensor, target: tf.Tensor): tf.Tensor {
  const entropy = tf.neg(tf.sum(tf.mul(target, tf.log(tf.maximum(output, leastProbability)))));
  const right = tf.sum(tf.cast(tf.equal(tf.argMax(output, 1), tf.argMax(target, 1)), "float32"));
  return tf.concat([tf.reshape(entropy, [1]), tf.reshape(right, [1])]);
}

/** @returns [ceil(units / every)], a new tensor */
export function sample(device: Device, { tensor, row, units, every }: SampleRequest): tf.Tensor {
  const [start, end] = units;
  if (start === end) return tf.zeros([0]);
  const content = device.handles.contentOf(tensor) as tf.Tensor2D;
  const [first, rows] = row === "mean" ? [0, tensor.shape[0]] : [row, 1];
  const part = tf.slice(content, [first, start], [rows, end - start]);
  const line = row === "mean" ? tf.mean<tf.Tensor1D>(part, 0) : tf.reshape<tf.Rank.R1>(part, [end - start]);
  return every === 1 ? line : tf.stridedSlice(line, [0], [end - start], [every]);
}

/** Mean of |x|, [1]; of nothing it is 0. */
export function meanMagnitude(content: tf.Tensor): tf.Tensor {
  return content.size === 0 ? tf.zeros([1]) : tf.reshape(tf.mean(tf.abs(content)), [1]);
}
