import * as tf from "@tensorflow/tfjs-core";
import type { SettleRequest } from "../kernels.js";
import { activate } from "./activations.js";
import type { Device } from "./device.js";

/** A module between two iterations. What is undefined is zero, or, while full products are made, not there. */
type Moment = {
  readonly state: tf.Tensor2D | undefined;
  readonly spoken: tf.Tensor2D | undefined;
  readonly sum: tf.Tensor2D | undefined;
};

/** The end of a settling, as new tensors. */
export type SettledTensors = {
  readonly state: tf.Tensor;
  /** [residual, iterations made], when that was asked for */
  readonly report: tf.Tensor | undefined;
  /** when only changes were propagated, and so is `sum` */
  readonly spoken: tf.Tensor | undefined;
  readonly sum: tf.Tensor | undefined;
};

/** `h <- f(gain (h W) + b + drive)`, at most `iterations` times, or by smaller time steps. Without an iteration the residual is infinite. */
export function settle(device: Device, request: SettleRequest): SettledTensors {
  const { handles } = device;
  const { iterations, tolerance, changes } = request;
  const drive = handles.contentOf(request.drive) as tf.Tensor2D;
  const reported = request.report === true || tolerance !== undefined;
  const step = iteration(device, request, drive);
  const remembered = changes?.remembered ?? undefined;
  const start: Moment = {
    state: request.from === "zero" ? undefined : (handles.contentOf(request.from) as tf.Tensor2D),
    spoken: remembered && (handles.contentOf(remembered.spoken) as tf.Tensor2D),
    sum: remembered && (handles.contentOf(remembered.sum) as tf.Tensor2D),
  };
  let moment = start;
  let residual: tf.Tensor | null = null;
  let made = 0;
  while (made < iterations) {
    const before = moment;
    // an iteration frees what it made, so that memory does not grow with their number
    moment = tf.tidy(() => step(before, made));
    made++;
    if (tolerance !== undefined || (reported && made === iterations))
      residual = largestChange(before.state, moment.state as tf.Tensor2D);
    if (before !== start) disposeMoment(before);
    if (tolerance !== undefined && residual && residual.dataSync()[0] <= tolerance) break;
  }
  // without an iteration these are the caller's: a clone shares their numbers
  const own = (tensor: tf.Tensor2D | undefined): tf.Tensor => tensor?.clone() ?? tf.zerosLike(drive);
  return {
    state: own(moment.state),
    report: reported ? report(residual, made) : undefined,
    spoken: changes ? own(moment.spoken) : undefined,
    sum: changes ? own(moment.sum) : undefined,
  };
}

/** One iteration as a function of the moment before it and of how many were made; its results are new tensors. */
function iteration(
  { handles }: Device,
  request: SettleRequest,
  drive: tf.Tensor2D,
): (before: Moment, made: number) => Moment {
  const { activation, changes, bias, gain = 1, timeStep = 1 } = request;
  const { dense: matrix } = handles.matrixOf(request.matrix);
  const input: tf.Tensor2D = bias ? tf.add(drive, handles.contentOf(bias)) : drive;
  // a clone, so that even a linear unit's state is a tensor of its own
  const goal = (product: tf.Tensor2D | undefined): tf.Tensor2D =>
    product ? tf.add(gain === 1 ? product : tf.mul(product, gain), input) : input.clone();
  const moved = (state: tf.Tensor2D | undefined, u: tf.Tensor2D): tf.Tensor2D => {
    const step: tf.Tensor2D = timeStep === 1 ? u : tf.mul(u, timeStep);
    return state && timeStep !== 1 ? tf.add(tf.mul(state, 1 - timeStep), step) : step;
  };
  const next = (state: tf.Tensor2D | undefined, product: tf.Tensor2D | undefined): tf.Tensor2D =>
    activate(activation, moved(state, goal(product)));
  if (!changes)
    return ({ state }) => ({
      state: next(state, state && tf.matMul(state, matrix)),
      spoken: undefined,
      sum: undefined,
    });
  return ({ state, ...before }, made) => {
    const all = made === 0 && changes.remembered === null;
    const { spoken, sum } = propagate(state, before, all ? null : changes.epsilon, matrix);
    return { state: next(state, sum), spoken, sum };
  };
}

/**
 * Lets units speak whose state changed by more than epsilon: the changes of the others are masked, and the product is
 * a dense one.
 * @param epsilon null: all units speak
 */
function propagate(
  state: tf.Tensor2D | undefined,
  { spoken, sum }: Pick<Moment, "spoken" | "sum">,
  epsilon: number | null,
  matrix: tf.Tensor2D,
): Pick<Moment, "spoken" | "sum"> {
  if (!state && !spoken) return { spoken, sum };
  const h: tf.Tensor2D = state ?? tf.zerosLike(spoken as tf.Tensor2D);
  const change: tf.Tensor2D = spoken ? tf.sub(h, spoken) : h;
  const speaks = epsilon === null ? tf.ones(h.shape, "bool") : tf.greater(tf.abs(change), epsilon);
  const said: tf.Tensor2D = tf.where(speaks, change, tf.zerosLike(change));
  const product: tf.Tensor2D = tf.matMul(said, matrix);
  return {
    spoken: tf.where(speaks, h, spoken ?? tf.zerosLike(h)),
    sum: sum ? tf.add(sum, product) : product,
  };
}

function disposeMoment({ state, spoken, sum }: Moment): void {
  for (const tensor of [state, spoken, sum]) tensor?.dispose();
}

/** max |h(t) - h(t-1)|, [] */
function largestChange(before: tf.Tensor2D | undefined, after: tf.Tensor2D): tf.Tensor {
  return tf.tidy(() => tf.max(tf.abs(before ? tf.sub(after, before) : after)));
}

function report(residual: tf.Tensor | null, made: number): tf.Tensor {
  const first = residual ? tf.reshape(residual, [1]) : tf.tensor1d([Number.POSITIVE_INFINITY]);
  return tf.concat([first, tf.tensor1d([made])]);
}
