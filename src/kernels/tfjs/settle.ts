import * as tf from "@tensorflow/tfjs-core";
import type { SettleRequest } from "../kernels.js";
import { activate } from "./activations.js";
import type { Device } from "./device.js";

/**
 * `h <- f(h W + b + drive)`, at most `iterations` times. Without an iteration the residual is infinite.
 * @returns new tensors: the state at the end, and [residual, iterations made] when that was asked for
 */
export function settle(device: Device, request: SettleRequest): tf.Tensor[] {
  const { handles } = device;
  const { activation, iterations, tolerance } = request;
  const matrix = handles.matrixOf(request.matrix);
  const drive = handles.contentOf(request.drive) as tf.Tensor2D;
  const input: tf.Tensor2D = request.bias ? tf.add(drive, handles.contentOf(request.bias)) : drive;
  const start = request.from === "zero" ? null : (handles.contentOf(request.from) as tf.Tensor2D);
  const reported = request.report === true || tolerance !== undefined;
  let state = start;
  let residual: tf.Tensor | null = null;
  let made = 0;
  while (made < iterations) {
    const before = state;
    // an iteration frees what it made, so that memory does not grow with their number
    state = tf.tidy(() => iterate(activation, before, matrix, input));
    made++;
    if (tolerance !== undefined || (reported && made === iterations)) residual = largestChange(before, state);
    if (before && before !== start) before.dispose();
    if (tolerance !== undefined && residual && residual.dataSync()[0] <= tolerance) break;
  }
  const end = state === start || !state ? (start?.clone() ?? tf.zerosLike(drive)) : state;
  return reported ? [end, report(residual, made)] : [end];
}

/** @param before null for zero: then the product is left out */
function iterate(
  activation: SettleRequest["activation"],
  before: tf.Tensor2D | null,
  matrix: tf.Tensor2D,
  input: tf.Tensor2D,
): tf.Tensor2D {
  // a clone shares the numbers, so that even a linear unit's state is a tensor of its own
  return activate(activation, before ? tf.add(tf.matMul(before, matrix), input) : input.clone());
}

/** max |h(t) - h(t-1)|, [] */
function largestChange(before: tf.Tensor2D | null, after: tf.Tensor2D): tf.Tensor {
  return tf.tidy(() => tf.max(tf.abs(before ? tf.sub(after, before) : after)));
}

function report(residual: tf.Tensor | null, made: number): tf.Tensor {
  const first = residual ? tf.reshape(residual, [1]) : tf.tensor1d([Number.POSITIVE_INFINITY]);
  return tf.concat([first, tf.tensor1d([made])]);
}
