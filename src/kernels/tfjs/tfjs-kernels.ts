import * as tf from "@tensorflow/tfjs-core";
import type {
  Kernels,
  Learned,
  LearnedMatrix,
  LearnMatrixRequest,
  LearnRequest,
  Settled,
  SettleRequest,
  Tensor,
} from "../kernels.js";
import {
  checkData,
  checkLearn,
  checkLearnMatrix,
  checkSample,
  checkScore,
  checkSettle,
  checkShape,
  checkTerms,
} from "../shapes.js";
import { timesSlope } from "./activations.js";
import { loadBackend, type TfjsBackendName } from "./backend-loading.js";
import { Device } from "./device.js";
import { drive, readout } from "./drive.js";
import { learn, learnMatrix } from "./learn.js";
import { Places, readMatrix, uploadDense } from "./matrix.js";
import { meanMagnitude, sample, score } from "./reductions.js";
import { settle } from "./settle.js";

function settleOne(device: Device, request: SettleRequest): Settled {
  const { state, report, spoken, sum } = device.run(() => settle(device, request));
  const own = (tensor: tf.Tensor): Tensor => device.handles.tensor(tensor.shape, tensor);
  return {
    state: own(state),
    report: report ? own(report) : null,
    propagated: spoken && sum ? { spoken: own(spoken), sum: own(sum) } : null,
  };
}

function learnOne(device: Device, request: LearnRequest): Learned {
  checkLearn(request);
  const { handles } = device;
  const results = device
    .run(() => learn(device, request))
    .map((content) => handles.tensor(content.shape, content));
  handles.dispose(request.weights);
  if (request.moments) {
    handles.dispose(request.moments.first);
    handles.dispose(request.moments.second);
  }
  if (request.optimiser.kind === "sgd") {
    const [weights, gradient] = results;
    return { weights, moments: null, gradient: gradient ?? null };
  }
  const [weights, first, second, gradient] = results;
  return { weights, moments: { first, second }, gradient: gradient ?? null };
}

function learnMatrixOne(device: Device, request: LearnMatrixRequest): LearnedMatrix {
  const { handles } = device;
  const { places } = handles.matrixOf(request.matrix);
  checkLearnMatrix(request, places.count);
  const { matrix, others } = device.run(() => learnMatrix(device, request));
  handles.dispose(request.matrix);
  if (request.moments) for (const moment of Object.values(request.moments)) handles.dispose(moment);
  const results = others.map((content) => handles.tensor(content.shape, content));
  const [first, second] = request.optimiser.kind === "adam" ? results : [];
  return {
    matrix: handles.matrix(matrix.shape[0], { dense: matrix, places }),
    moments: first && second ? { first, second } : null,
    gradient: (request.keepGradient && results.at(-1)) || null,
  };
}

/** Reads and uploads copy: some backends of tfjs keep, or give away, the very array. */
async function read(device: Device, tensor: Tensor): Promise<Float32Array> {
  const data = await device.handles.contentOf(tensor).data<"float32">();
  return data.slice();
}

/**
 * The kernels over a backend of TensorFlow.js. Several may be open at once, also on different backends.
 * @throws EddyError BACKEND_UNAVAILABLE
 */
export async function tfjsKernels(name: TfjsBackendName): Promise<Kernels> {
  await loadBackend(name);
  const device = new Device(name);
  const { handles } = device;
  const own = (shape: readonly number[], work: () => tf.Tensor): Tensor =>
    handles.tensor(shape, device.run(work));
  return {
    name,
    exact: false,
    tensor(data, shape) {
      checkData(data, shape);
      return own([...shape], () => tf.tensor(data.slice(), [...shape], "float32"));
    },
    matrix(weights) {
      const dense = device.run(() => uploadDense(weights));
      return handles.matrix(weights.neurons, { dense, places: new Places(weights) });
    },
    read: (tensor) => read(device, tensor),
    weights: (matrix) => readMatrix(handles.matrixOf(matrix)),
    retain: (handle) => handles.retain(handle),
    dispose: (handle) => handles.dispose(handle),
    live: () => handles.live(),
    close: () => handles.close(),
    drive(request) {
      const { batch, units, terms, base } = request;
      checkTerms(batch, units, terms, base);
      return own([batch, units], () => drive(device, request));
    },
    settle(requests) {
      for (const request of requests) checkSettle(request);
      return requests.map((request) => settleOne(device, request));
    },
    readout(request) {
      const { batch, size, terms, bias } = request;
      checkTerms(batch, size, terms);
      if (bias) checkShape("bias of the readout", bias.shape, [size]);
      return own([batch, size], () => readout(device, request));
    },
    difference(a, b) {
      checkShape("subtrahend", b.shape, a.shape);
      return own(a.shape, () => tf.sub(handles.contentOf(a), handles.contentOf(b)));
    },
    derivative(activation, state, x) {
      checkShape("x of the derivative", x.shape, state.shape);
      return own(x.shape, () => timesSlope(activation, handles.contentOf(state), handles.contentOf(x)));
    },
    learn: (request) => learnOne(device, request),
    learnMatrix: (request) => learnMatrixOne(device, request),
    score(output, target) {
      checkScore(output, target);
      return own([2], () => score(handles.contentOf(output), handles.contentOf(target)));
    },
    sample(request) {
      checkSample(request);
      const { units, every } = request;
      return own([Math.ceil((units[1] - units[0]) / every)], () => sample(device, request));
    },
    meanMagnitude: (tensor) => own([1], () => meanMagnitude(handles.contentOf(tensor))),
  };
}
