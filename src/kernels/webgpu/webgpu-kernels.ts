import { type EddyError, invariant } from "../../errors.js";
import { Handles } from "../handles.js";
import type { Kernels, Settled, SettleRequest, Tensor } from "../kernels.js";
import {
  checkData,
  checkSample,
  checkScore,
  checkSettle,
  checkShape,
  checkTerms,
  sizeOf,
} from "../shapes.js";
import { checkWeights } from "../sparse-weights.js";
import type { Slot } from "./buffers.js";
import { calibrate } from "./calibrate.js";
import { sumOfTerms } from "./drive.js";
import { derivative, difference } from "./elementwise.js";
import { type Gpu, sharedGpu } from "./gpu.js";
import { learnMatrixOne, learnOne } from "./learn-request.js";
import { readMatrix, releaseMatrix, type SparseUpTo, uploadMatrix } from "./matrix.js";
import { Queue } from "./queue.js";
import { readout } from "./readout.js";
import { meanMagnitude, sample, score } from "./reductions.js";
import type { DeviceHandles, Session } from "./session.js";
import { type OpenSettle, settle } from "./settle.js";

const calibrations = new WeakMap<Gpu, Promise<SparseUpTo>>();

/** Of each device once; after a failure anew. */
async function calibrated(gpu: Gpu): Promise<SparseUpTo> {
  const known = calibrations.get(gpu) ?? calibrate(gpu);
  calibrations.set(gpu, known);
  try {
    return await known;
  } catch (error) {
    if (calibrations.get(gpu) === known) calibrations.delete(gpu);
    throw error;
  }
}

function openSettle({ handles }: Session, request: SettleRequest): OpenSettle {
  const { matrix, bias, from, drive, changes } = request;
  const remembered = changes?.remembered;
  return {
    matrix: handles.matrixOf(matrix),
    bias: bias ? handles.contentOf(bias) : null,
    from: from === "zero" ? null : handles.contentOf(from),
    drive: handles.contentOf(drive),
    remembered: remembered
      ? { spoken: handles.contentOf(remembered.spoken), sum: handles.contentOf(remembered.sum) }
      : null,
  };
}

function settleAll(session: Session, requests: readonly SettleRequest[]): Settled[] {
  const { queue, handles } = session;
  const settled = settle(queue, requests, (request) => openSettle(session, request));
  return settled.map(({ state, report, propagated }, index) => {
    const { shape } = requests[index].drive;
    return {
      state: handles.tensor(shape, state),
      report: report && handles.tensor([2], report),
      propagated: propagated && {
        spoken: handles.tensor(shape, propagated.spoken),
        sum: handles.tensor(shape, propagated.sum),
      },
    };
  });
}

/** The kernels that enqueue work and return handles of its results. */
function computing(session: Session) {
  const { queue, handles } = session;
  const contentOf = (tensor: Tensor): Slot => handles.contentOf(tensor);
  const kernels: Pick<
    Kernels,
    | "drive"
    | "settle"
    | "readout"
    | "difference"
    | "derivative"
    | "learn"
    | "learnMatrix"
    | "score"
    | "sample"
    | "meanMagnitude"
  > = {
    drive(request) {
      const { batch, units, terms, base } = request;
      checkTerms(batch, units, terms, base);
      const start = base ? { slot: contentOf(base), perRow: true } : null;
      return handles.tensor([batch, units], sumOfTerms(queue, contentOf, request, start));
    },
    settle(requests) {
      for (const request of requests) checkSettle(request);
      return settleAll(session, requests);
    },
    readout(request) {
      const { batch, size, terms, bias } = request;
      checkTerms(batch, size, terms);
      if (bias) checkShape("bias of the readout", bias.shape, [size]);
      return handles.tensor([batch, size], readout(queue, contentOf, request));
    },
    difference(a, b) {
      checkShape("subtrahend", b.shape, a.shape);
      return handles.tensor(a.shape, difference(queue, a, contentOf(a), contentOf(b)));
    },
    derivative(activation, state, x) {
      checkShape("x of the derivative", x.shape, state.shape);
      return handles.tensor(x.shape, derivative(queue, x, activation, contentOf(state), contentOf(x)));
    },
    learn: (request) => learnOne(session, request),
    learnMatrix: (request) => learnMatrixOne(session, request),
    score(output, target) {
      checkScore(output, target);
      return handles.tensor([2], score(queue, contentOf(output), contentOf(target), output.shape));
    },
    sample(request) {
      checkSample(request);
      const { tensor, units, every } = request;
      const length = Math.ceil((units[1] - units[0]) / every);
      return handles.tensor([length], sample(queue, contentOf(tensor), request, length));
    },
    meanMagnitude: (tensor) =>
      handles.tensor([1], meanMagnitude(queue, contentOf(tensor), sizeOf(tensor.shape))),
  };
  return kernels;
}

/** Kernels on a device, with the shares of entries up to which matrices are sparse. */
export function kernelsOn(
  gpu: Gpu,
  sparseUpTo: SparseUpTo,
): { readonly kernels: Kernels; readonly queue: Queue } {
  const queue = new Queue(gpu);
  const handles: DeviceHandles = new Handles({
    freeTensor: (content) => queue.buffers.release(content),
    freeMatrix: (content) => releaseMatrix(queue, content),
  });
  let forgetLoss = () => {};
  const lost = new Promise<EddyError>((resolve) => {
    forgetLoss = gpu.onLost(resolve);
  });
  let closed = false;
  const check = (): void => {
    invariant(!closed, "a backend was used after it was closed");
    gpu.check();
  };
  const kernels: Kernels = {
    name: "webgpu",
    exact: false,
    detail: `${gpu.adapter.description}${gpu.adapter.software ? ", which is software" : ""}`,
    lost,
    ...checked(check, computing({ queue, handles })),
    tensor(data, shape) {
      check();
      checkData(data, shape);
      const slot = queue.lend(data.length);
      const tensor = handles.tensor([...shape], slot);
      queue.commands.upload(slot, data);
      return tensor;
    },
    matrix(weights) {
      check();
      checkWeights(weights);
      return handles.matrix(weights.neurons, uploadMatrix(queue, weights, sparseUpTo));
    },
    async read(tensor) {
      check();
      return await queue.read(handles.contentOf(tensor), sizeOf(tensor.shape));
    },
    async weights(matrix) {
      check();
      return await readMatrix(queue, handles.matrixOf(matrix));
    },
    retain: (handle) => handles.retain(handle),
    dispose: (handle) => handles.dispose(handle),
    live: () => handles.live(),
    close() {
      if (closed) return;
      closed = true;
      forgetLoss();
      handles.close();
      queue.close();
    },
  };
  return { kernels, queue };
}

/** The same functions with a check before each: on a lost device WebGPU itself would go on in silence. */
function checked<Functions extends object>(check: () => void, functions: Functions): Functions {
  const guarded = Object.entries(functions).map(([name, call]) => [
    name,
    (...given: unknown[]) => {
      check();
      return call(...given);
    },
  ]);
  return Object.fromEntries(guarded) as Functions;
}

/**
 * The kernels as WGSL, over `navigator.gpu` or the package `webgpu`. All that one synchronous run asks for goes to the
 * device in one submission, or a few; only `read` waits for it. Whether a recurrent matrix is computed dense or sparse
 * follows from its share of entries and from what {@link calibrate} measured on this device when the first backend of
 * the process opened.
 * @throws EddyError BACKEND_UNAVAILABLE; DEVICE_LOST from every kernel once the device is lost
 */
export async function webgpuKernels(): Promise<Kernels> {
  const gpu = await sharedGpu();
  return kernelsOn(gpu, await calibrated(gpu)).kernels;
}
