import { timesSlope } from "../activations.js";
import { Handles } from "../handles.js";
import type {
  ChangePropagation,
  DriveTerm,
  GradientTerm,
  Kernels,
  Learned,
  LearnedMatrix,
  LearnMatrixRequest,
  LearnRequest,
  Moments,
  OptimiserStep,
  ReadoutRequest,
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
  sizeOf,
} from "../shapes.js";
import { checkWeights, copiedWeights, type SparseWeights } from "../sparse-weights.js";
import { drive } from "./drive.js";
import {
  adamStep,
  connectionGradient,
  gradientOf,
  keepConnections,
  type OpenGradientTerm,
  sgdStep,
} from "./learn.js";
import { readout } from "./readout.js";
import { meanMagnitude, sample, score } from "./reductions.js";
import { type OpenChanges, type SettleScratch, settle } from "./settle.js";
import type { OpenTerm } from "./terms.js";

type ReferenceHandles = Handles<Float32Array, SparseWeights>;

const copy = (content: Float32Array): Float32Array => content.slice();

/** Sums in double precision, reused from call to call: at batch 1 allocation would cost as much as the work. */
class Scratch {
  #sum = new Float64Array(1024);

  /** At least `size` numbers, of any value. */
  of(size: number): Float64Array {
    if (this.#sum.length < size) this.#sum = new Float64Array(size);
    return this.#sum;
  }
}

function openTerm(handles: ReferenceHandles, term: DriveTerm): OpenTerm {
  return {
    source: handles.contentOf(term.source),
    sourceUnits: term.source.shape[1],
    block: term.block,
    weights: handles.contentOf(term.weights),
    transposed: term.transposed ?? false,
    scale: term.scale,
    target: term.target,
  };
}

function openGradientTerm(handles: ReferenceHandles, term: GradientTerm): OpenGradientTerm {
  const { source, block, error, errorBlock, scale } = term;
  return {
    source: source === "ones" ? null : handles.contentOf(source),
    sourceUnits: source === "ones" ? 1 : source.shape[1],
    block,
    error: handles.contentOf(error),
    errorUnits: error.shape[1],
    errorBlock,
    batch: error.shape[0],
    scale,
  };
}

function openChanges(handles: ReferenceHandles, { epsilon, remembered }: ChangePropagation): OpenChanges {
  if (!remembered) return { epsilon, remembered };
  const { spoken, sum } = remembered;
  return { epsilon, remembered: { spoken: handles.contentOf(spoken), sum: handles.contentOf(sum) } };
}

/** A tensor of the data; the one of before, with one more owner, when they are the same numbers to the bit. */
function replaced(
  handles: ReferenceHandles,
  before: Tensor | undefined,
  data: Float32Array,
  shape: readonly number[],
): Tensor {
  if (before) {
    const numbers = handles.contentOf(before);
    if (data.every((value, index) => Object.is(value, numbers[index]))) return handles.retain(before);
  }
  return handles.tensor(shape, data);
}

function settleOne(handles: ReferenceHandles, scratch: SettleScratch, request: SettleRequest): Settled {
  const { matrix, gain, timeStep, bias, activation, from, iterations, tolerance, changes } = request;
  const { shape } = request.drive;
  const report = request.report === true || tolerance !== undefined;
  const settled = settle(
    {
      batch: shape[0],
      matrix: handles.matrixOf(matrix),
      gain: Math.fround(gain ?? 1),
      timeStep: timeStep ?? 1,
      bias: bias ? handles.contentOf(bias) : null,
      activation,
      from: from === "zero" ? null : handles.contentOf(from),
      drive: handles.contentOf(request.drive),
      iterations,
      tolerance: tolerance ?? null,
      report,
      changes: changes ? openChanges(handles, changes) : null,
    },
    scratch,
  );
  const { propagated } = settled;
  const before = changes?.remembered;
  return {
    state: replaced(handles, from === "zero" ? undefined : from, settled.state, shape),
    report: report ? handles.tensor([2], Float32Array.of(settled.residual, settled.iterations)) : null,
    propagated: propagated && {
      spoken: replaced(handles, before?.spoken, propagated.spoken, shape),
      sum: replaced(handles, before?.sum, propagated.sum, shape),
    },
  };
}

/** The optimiser's step, in place. @returns the moments of after, in place of those of before, which it consumes */
function optimise(
  handles: ReferenceHandles,
  weights: Float32Array,
  gradient: Float32Array,
  optimiser: OptimiserStep,
  before: Moments | null,
  shape: readonly number[],
): Moments | null {
  const first = before ? handles.take(before.first, copy) : new Float32Array(weights.length);
  const second = before ? handles.take(before.second, copy) : new Float32Array(weights.length);
  if (optimiser.kind === "sgd") {
    sgdStep(weights, gradient, optimiser.learningRate);
    return null;
  }
  adamStep(weights, first, second, gradient, optimiser);
  return { first: handles.tensor(shape, first), second: handles.tensor(shape, second) };
}

function learnMatrix(handles: ReferenceHandles, request: LearnMatrixRequest): LearnedMatrix {
  const given = handles.matrixOf(request.matrix);
  const shape = [given.values.length];
  checkLearnMatrix(request, given.values.length);
  const { terms, optimiser, moments: before, keepGradient } = request;
  const open = terms.map((term) => openGradientTerm(handles, term));
  const gradient = connectionGradient(open, given);
  const weights = handles.takeMatrix(request.matrix, copiedWeights);
  const moments = optimise(handles, weights.values, gradient, optimiser, before, shape);
  keepConnections(weights.values);
  return {
    matrix: handles.matrix(weights.neurons, weights),
    moments,
    gradient: keepGradient ? handles.tensor(shape, gradient) : null,
  };
}

function learn(handles: ReferenceHandles, scratch: Scratch, request: LearnRequest): Learned {
  checkLearn(request);
  const { terms, optimiser, moments: before, keepGradient } = request;
  const { shape } = request.weights;
  const size = sizeOf(shape);
  const gradient = gradientOf(
    terms.map((term) => openGradientTerm(handles, term)),
    size,
    scratch.of(size),
  );
  const weights = handles.take(request.weights, copy);
  const moments = optimise(handles, weights, gradient, optimiser, before, shape);
  return {
    weights: handles.tensor(shape, weights),
    moments,
    gradient: keepGradient ? handles.tensor(shape, gradient) : null,
  };
}

function difference(handles: ReferenceHandles, a: Tensor, b: Tensor): Tensor {
  checkShape("subtrahend", b.shape, a.shape);
  const other = handles.contentOf(b);
  return handles.tensor(
    a.shape,
    handles.contentOf(a).map((value, index) => value - other[index]),
  );
}

function readoutOf(
  handles: ReferenceHandles,
  scratch: Scratch,
  { batch, size, terms, bias, nonlinearity }: ReadoutRequest,
): Tensor {
  checkTerms(batch, size, terms);
  if (bias) checkShape("bias of the readout", bias.shape, [size]);
  const open = terms.map((term) => openTerm(handles, term));
  const start = bias ? handles.contentOf(bias) : null;
  return handles.tensor([batch, size], readout(batch, size, open, start, nonlinearity, scratch.of(size)));
}

/**
 * The kernels as plain loops, every sum in double precision, every result float32: what the other backends are
 * measured against, and quick enough for one stimulus at a time (the recurrent matrix is kept without its zeros).
 */
export function referenceKernels(): Kernels {
  const scratch = new Scratch();
  const changeScratch = new Scratch();
  const handles: ReferenceHandles = new Handles({
    // memory is the garbage collector's, so there is nothing to free
    freeTensor: () => {},
    freeMatrix: () => {},
  });
  return {
    name: "reference",
    exact: true,
    tensor(data, shape) {
      checkData(data, shape);
      return handles.tensor([...shape], data.slice());
    },
    matrix(weights) {
      checkWeights(weights);
      return handles.matrix(weights.neurons, copiedWeights(weights));
    },
    lend: (tensor, look) => look(handles.contentOf(tensor)),
    read: async (tensor) => handles.contentOf(tensor).slice(),
    weights: async (matrix) => copiedWeights(handles.matrixOf(matrix)),
    retain: (handle) => handles.retain(handle),
    dispose: (handle) => handles.dispose(handle),
    live: () => handles.live(),
    close: () => handles.close(),
    drive({ batch, units, terms, base }) {
      checkTerms(batch, units, terms, base);
      const open = terms.map((term) => openTerm(handles, term));
      const start = base ? handles.contentOf(base) : null;
      return handles.tensor([batch, units], drive(batch, units, open, start, scratch.of(units)));
    },
    settle(requests) {
      for (const request of requests) checkSettle(request);
      return requests.map((request) => {
        const { neurons } = request.matrix;
        return settleOne(handles, { sum: scratch.of(neurons), changes: changeScratch.of(neurons) }, request);
      });
    },
    readout: (request) => readoutOf(handles, scratch, request),
    difference: (a, b) => difference(handles, a, b),
    derivative(activation, state, x) {
      checkShape("x of the derivative", x.shape, state.shape);
      return handles.tensor(x.shape, timesSlope(activation, handles.contentOf(state), handles.contentOf(x)));
    },
    learn: (request) => learn(handles, scratch, request),
    learnMatrix: (request) => learnMatrix(handles, request),
    score(output, target) {
      checkScore(output, target);
      const [batch, size] = output.shape;
      return handles.tensor([2], score(handles.contentOf(output), handles.contentOf(target), batch, size));
    },
    sample(request) {
      checkSample(request);
      const { tensor, row, units, every } = request;
      const data = sample(handles.contentOf(tensor), tensor.shape[0], tensor.shape[1], row, units, every);
      return handles.tensor([data.length], data);
    },
    meanMagnitude: (tensor) => handles.tensor([1], Float32Array.of(meanMagnitude(handles.contentOf(tensor)))),
  };
}
