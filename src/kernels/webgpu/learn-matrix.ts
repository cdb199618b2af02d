import type { LearnMatrixRequest, OptimiserStep, Tensor } from "../kernels.js";
import type { Slot } from "./buffers.js";
import { eachElement, workgroupsFor } from "./elementwise.js";
import { adamNumbers, adamParameters, teaches } from "./learn.js";
import { type DeviceMatrix, learningPlaces } from "./matrix.js";
import { type Program, program } from "./program.js";
import type { Queue } from "./queue.js";

/** One term of the gradient, `scale * source[:, row]^T error[:, column]`, of each connection by itself. */
const gradientProgram = program({
  name: "gradient of connections",
  parameters: {
    elements: "u32",
    batch: "u32",
    sourceUnits: "u32",
    sourceStart: "u32",
    errorUnits: "u32",
    errorStart: "u32",
    scale: "f32",
    /** the gradient of the terms before is to be added */
    adds: "u32",
  },
  buffers: { source: "read", error: "read", ends: "read", gradient: "write" },
  elements: { ends: "u32" },
  body: eachElement(`
    let row = p.sourceStart + (ends[at] & 0xffffu);
    let column = p.errorStart + (ends[at] >> 16u);
    var sum = 0.0;
    for (var k = 0u; k < p.batch; k++) {
      sum += source[k * p.sourceUnits + row] * error[k * p.errorUnits + column];
    }
    var g = p.scale * sum;
    if (p.adds != 0u) { g += gradient[at]; }
    gradient[at] = g;
  `),
});

const stepParameters = {
  elements: "u32",
  neurons: "u32",
  /** which forms there are */
  dense: "u32",
  sparse: "u32",
  /** learning rate, with Adam's correction of the first moment */
  rate: "f32",
} as const;

const stepBuffers = {
  gradient: "read",
  ends: "read",
  places: "read",
  denseForm: "write",
  sparseForm: "write",
} as const;

/** The step of each connection's weight, in all forms; a weight that would become 0 stays a connection. */
const stepBody = (change: string): string =>
  eachElement(`
    let entry = (ends[at] & 0xffffu) * p.neurons + (ends[at] >> 16u);
    let g = gradient[at];
    var w = 0.0;
    if (p.dense != 0u) { w = denseForm[entry]; } else { w = bitcast<f32>(sparseForm[places[at]]); }
    ${change}
    if (abs(w) < 1.17549435e-38) { w = 1.17549435e-38; }
    if (p.dense != 0u) { denseForm[entry] = w; }
    if (p.sparse != 0u) { sparseForm[places[at]] = bitcast<u32>(w); }
  `);

const words = { ends: "u32", places: "u32", sparseForm: "u32" } as const;

const sgdProgram = program({
  name: "SGD of connections",
  parameters: stepParameters,
  buffers: stepBuffers,
  elements: words,
  body: stepBody("w -= p.rate * g;"),
});

/** @see Kingma and Ba 2015, algorithm 1 */
const adamProgram = program({
  name: "Adam of connections",
  parameters: { ...stepParameters, ...adamParameters },
  buffers: { ...stepBuffers, first: "write", second: "write" },
  elements: words,
  body: stepBody(`
    var m = p.rest1 * g;
    var v = p.rest2 * g * g;
    if (p.fresh == 0u) {
      m += p.beta1 * first[at];
      v += p.beta2 * second[at];
    }
    first[at] = m;
    second[at] = v;
    w -= p.rate * m / (sqrt(v * p.correction) + p.epsilon);
  `),
});

export const learnMatrixPrograms: readonly Program[] = [gradientProgram, sgdProgram, adamProgram];

/**
 * Records the gradient of a matrix's connections.
 * @returns [connections], in a new buffer
 */
export function connectionGradient(
  queue: Queue,
  contentOf: (tensor: Tensor) => Slot,
  matrix: DeviceMatrix,
  terms: LearnMatrixRequest["terms"],
): Slot {
  const elements = matrix.connections.columns.length;
  const { ends } = learningPlaces(queue, matrix);
  const gradient = queue.lend(elements);
  const teaching = terms.filter(teaches);
  const all = teaching.length > 0 ? teaching : [null];
  for (const [index, term] of all.entries()) {
    const source = term && term.source !== "ones" ? term.source : null;
    const numbers = {
      elements,
      batch: term?.error.shape[0] ?? 0,
      sourceUnits: source?.shape[1] ?? 0,
      sourceStart: term?.block[0] ?? 0,
      errorUnits: term?.error.shape[1] ?? 0,
      errorStart: term?.errorBlock[0] ?? 0,
      scale: term?.scale ?? 0,
      adds: index > 0 ? 1 : 0,
    };
    const buffers = {
      source: source ? contentOf(source) : queue.nothing,
      error: term ? contentOf(term.error) : queue.nothing,
      ends,
      gradient,
    };
    queue.commands.dispatch(gradientProgram, numbers, buffers, workgroupsFor(elements));
  }
  return gradient;
}

/**
 * Records the optimiser's step of a matrix's connections, in place.
 * @param moments [connections], changed in place; null for `sgd`
 */
export function stepConnections(
  queue: Queue,
  matrix: DeviceMatrix,
  gradient: Slot,
  optimiser: OptimiserStep,
  moments: { readonly first: Slot; readonly second: Slot; readonly fresh: boolean } | null,
): void {
  const { neurons, dense, sparse, connections } = matrix;
  const elements = connections.columns.length;
  const parameters = { elements, neurons, dense: dense ? 1 : 0, sparse: sparse ? 1 : 0 };
  const buffers = {
    gradient,
    ...learningPlaces(queue, matrix),
    denseForm: dense ?? queue.sink,
    sparseForm: sparse?.slot ?? queue.sink,
  };
  const groups = workgroupsFor(elements);
  if (optimiser.kind === "sgd" || moments === null) {
    const rate = optimiser.learningRate;
    queue.commands.dispatch(sgdProgram, { ...parameters, rate }, buffers, groups);
    return;
  }
  const { fresh, first, second } = moments;
  const numbers = { ...parameters, ...adamNumbers(optimiser, fresh) };
  queue.commands.dispatch(adamProgram, numbers, { ...buffers, first, second }, groups);
}
