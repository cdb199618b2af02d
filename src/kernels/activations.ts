import type { Activation } from "./kernels.js";

type InPlace = (values: Float64Array, length: number) => void;

/** `f(u)` of the first `length` values, in place. One loop a function, so that each is compiled for itself. */
const functions: Record<Activation, InPlace> = {
  tanh: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.tanh(u[j]);
  },
  sigmoid: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = 1 / (1 + Math.exp(-u[j]));
  },
  relu: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.max(0, u[j]);
  },
  relu6: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.min(6, Math.max(0, u[j]));
  },
  hardSigmoid: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.min(1, Math.max(0, u[j] / 6 + 0.5));
  },
  linear: () => {},
  sign: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.sign(u[j]);
  },
  clip: (u, length) => {
    for (let j = 0; j < length; j++) u[j] = Math.min(1, Math.max(0, u[j]));
  },
};

/** f' by the state h = f(u), by activation. At a kink it is 0. */
export const slopes: Readonly<Record<Activation, (h: number) => number>> = {
  tanh: (h) => 1 - h * h,
  sigmoid: (h) => h * (1 - h),
  relu: (h) => (h > 0 ? 1 : 0),
  relu6: (h) => (h > 0 && h < 6 ? 1 : 0),
  hardSigmoid: (h) => (h > 0 && h < 1 ? 1 / 6 : 0),
  linear: () => 1,
  sign: () => 0,
  clip: (h) => (h > 0 && h < 1 ? 1 : 0),
};

/** Replaces the first `length` values u by f(u). */
export function activate(activation: Activation, values: Float64Array, length: number): void {
  functions[activation](values, length);
}

/** `x f'`, with f' expressed by the state. @param state f(u) @param x of the state's length */
export function timesSlope(activation: Activation, state: Float32Array, x: Float32Array): Float32Array {
  const slope = slopes[activation];
  return x.map((value, index) => value * slope(state[index]));
}
