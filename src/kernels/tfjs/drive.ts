import * as tf from "@tensorflow/tfjs-core";
import type { DriveRequest, DriveTerm, ReadoutRequest } from "../kernels.js";
import { activate } from "./activations.js";
import { columns, type Device, scaled } from "./device.js";

/** A closed gate, or a block without units, carries nothing. */
const carries = ({ scale, block, target }: DriveTerm): boolean =>
  scale !== 0 && block[1] > block[0] && target[1] > target[0];

/** `scale * source[:, block] weights`, widened with zeros to [batch, units]. */
function contribution(device: Device, units: number, term: DriveTerm): tf.Tensor2D {
  const source = columns(device.handles.contentOf(term.source), term.block);
  const weights = device.handles.contentOf(term.weights) as tf.Tensor2D;
  const product = scaled(device.product(source, weights, false, term.transposed ?? false), term.scale);
  const [start, end] = term.target;
  if (start === 0 && end === units) return product;
  return tf.pad(product, [
    [0, 0],
    [start, units - end],
  ]);
}

/** Sum of the terms; null when nothing is carried. */
function sumOf(device: Device, units: number, terms: readonly DriveTerm[]): tf.Tensor2D | null {
  let sum: tf.Tensor2D | null = null;
  for (const term of terms.filter(carries)) {
    const part = contribution(device, units, term);
    sum = sum ? tf.add(sum, part) : part;
  }
  return sum;
}

/** @returns [batch, units], a new tensor */
export function drive(device: Device, { batch, units, terms, base }: DriveRequest): tf.Tensor2D {
  const sum = sumOf(device, units, terms);
  if (!base) return sum ?? tf.zeros([batch, units]);
  const start = device.handles.contentOf(base) as tf.Tensor2D;
  return sum ? tf.add(start, sum) : start.clone();
}

/** @returns [batch, size], a new tensor */
export function readout(device: Device, request: ReadoutRequest): tf.Tensor2D {
  const { batch, size, terms, bias, nonlinearity } = request;
  let sum = sumOf(device, size, terms) ?? tf.zeros<tf.Rank.R2>([batch, size]);
  if (bias) sum = tf.add(sum, device.handles.contentOf(bias));
  return nonlinearity === "softmax" ? tf.softmax(sum) : activate(nonlinearity, sum);
}
