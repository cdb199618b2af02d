import type { Activation } from "../../kernels.js";
import { isNan } from "./numbers.js";

const order: readonly Activation[] = [
  "tanh",
  "sigmoid",
  "relu",
  "relu6",
  "hardSigmoid",
  "linear",
  "sign",
  "clip",
];

/** The number by which programs know an activation. */
export const activationCode = (activation: Activation): number => order.indexOf(activation);

/**
 * `activate(code, u)`. For |u| under 1/4 tanh is its series, whose first term left out is under 1e-7; above it is
 * `1 - 2 / (exp(2|u|) + 1)`, with |u| bounded where float32 knows no difference to 1, so that nothing overflows. What
 * is no number stays none: a network that overflowed must not look settled.
 */
export const activate = `
${isNan}
fn tanhOf(u: f32) -> f32 {
  let square = u * u;
  let series = u * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0))));
  let far = 1.0 - 2.0 / (exp(2.0 * min(abs(u), 10.0)) + 1.0);
  return select(sign(u) * far, series, abs(u) < 0.25);
}

fn activate(code: u32, u: f32) -> f32 {
  if (isNan(u)) { return u; }
  switch code {
    case ${activationCode("tanh")}u: { return tanhOf(u); }
    case ${activationCode("sigmoid")}u: { return select(1.0 / (1.0 + exp(-clamp(u, -80.0, 80.0))), 0.0, u < -80.0); }
    case ${activationCode("relu")}u: { return max(u, 0.0); }
    case ${activationCode("relu6")}u: { return clamp(u, 0.0, 6.0); }
    case ${activationCode("hardSigmoid")}u: { return clamp(u / 6.0 + 0.5, 0.0, 1.0); }
    case ${activationCode("sign")}u: { return sign(u); }
    case ${activationCode("clip")}u: { return clamp(u, 0.0, 1.0); }
    default: { return u; }
  }
}
`;

/** `slope(code, h)`: f' by the state h = f(u). At a kink it is 0. */
export const slope = `
fn slope(code: u32, h: f32) -> f32 {
  switch code {
    case ${activationCode("tanh")}u: { return 1.0 - h * h; }
    case ${activationCode("sigmoid")}u: { return h * (1.0 - h); }
    case ${activationCode("relu")}u: { return select(0.0, 1.0, h > 0.0); }
    case ${activationCode("relu6")}u: { return select(0.0, 1.0, h > 0.0 && h < 6.0); }
    case ${activationCode("hardSigmoid")}u: { return select(0.0, 1.0 / 6.0, h > 0.0 && h < 1.0); }
    case ${activationCode("sign")}u: { return 0.0; }
    case ${activationCode("clip")}u: { return select(0.0, 1.0, h > 0.0 && h < 1.0); }
    default: { return 1.0; }
  }
}
`;
