import type { GradientTerm, LearnRequest, OptimiserStep, Tensor } from "../kernels.js";
import { sizeOf } from "../shapes.js";
import type { Slot } from "./buffers.js";
import { entry, type Program, program } from "./program.js";
import type { Queue } from "./queue.js";
import { eachOfTile, tile, tiledProduct } from "./wgsl/products.js";

/**
 * One term of a gradient, `scale * source[:, block]^T error[:, errorBlock]`, and, with the last term, the optimiser's
 * step on each weight whose gradient is then complete: the gradient is never stored unless it is asked for, or made of
 * several terms.
 */
const termParameters = {
  /** of the weights */
  sources: "u32",
  targets: "u32",
  /** of the term */
  batch: "u32",
  sourceUnits: "u32",
  blockStart: "u32",
  ones: "u32",
  errorUnits: "u32",
  errorStart: "u32",
  scale: "f32",
  /** the gradient of the terms before is to be added */
  adds: "u32",
  /** the gradient is to be stored */
  keeps: "u32",
  /** learning rate, with Adam's correction of the first moment */
  rate: "f32",
} as const;

/** What Adam adds to the parameters of a step. */
export const adamParameters = {
  beta1: "f32",
  beta2: "f32",
  /** 1 - beta, rounded once */
  rest1: "f32",
  rest2: "f32",
  /** correction of the second moment */
  correction: "f32",
  epsilon: "f32",
  /** there are no moments yet */
  fresh: "u32",
} as const;

/** Left and right factor, [sources, batch] and [batch, targets], and the gradient so far. */
const gradientBody = `
fn leftAt(row: u32, k: u32) -> f32 {
  let within = row < p.sources && k < p.batch;
  let given = source[select(0u, k * p.sourceUnits + p.blockStart + row, within && p.ones == 0u)];
  return select(0.0, select(given, 1.0, p.ones != 0u), within);
}

fn rightAt(k: u32, column: u32) -> f32 {
  let within = k < p.batch && column < p.targets;
  return select(0.0, error[select(0u, k * p.errorUnits + p.errorStart + column, within)], within);
}

${tiledProduct("side", "side")}

fn take(row: u32, column: u32, product: f32) {
  if (column >= p.targets) { return; }
  let at = row * p.targets + column;
  var g = p.scale * product;
  if (p.adds != 0u) { g += gradient[at]; }
  if (p.keeps != 0u) { gradient[at] = g; }
  change(at, g);
}

${entry} {
  let firstRow = group.y * ${tile}u;
  let firstColumn = group.x * ${tile}u;
  tiledProduct(thread, firstRow, firstColumn, p.batch);
  ${eachOfTile("take", "p.sources")}
}
`;

const termBuffers = { source: "read", error: "read", gradient: "write" } as const;

/** A term that is not the last. */
const gradientProgram = program({
  name: "gradient",
  parameters: termParameters,
  buffers: termBuffers,
  body: `fn change(at: u32, g: f32) {}\n${gradientBody}`,
});

const sgdProgram = program({
  name: "gradient and SGD",
  parameters: termParameters,
  buffers: { ...termBuffers, weights: "write" },
  body: `fn change(at: u32, g: f32) { weights[at] -= p.rate * g; }\n${gradientBody}`,
});

/** @see Kingma and Ba 2015, algorithm 1 */
const adamProgram = program({
  name: "gradient and Adam",
  parameters: { ...termParameters, ...adamParameters },
  buffers: { ...termBuffers, weights: "write", first: "write", second: "write" },
  body: `
fn change(at: u32, g: f32) {
  var m = p.rest1 * g;
  var v = p.rest2 * g * g;
  if (p.fresh == 0u) {
    m += p.beta1 * first[at];
    v += p.beta2 * second[at];
  }
  first[at] = m;
  second[at] = v;
  weights[at] -= p.rate * m / (sqrt(v * p.correction) + p.epsilon);
}
${gradientBody}`,
});

export const learnPrograms: readonly Program[] = [gradientProgram, sgdProgram, adamProgram];

/** What a step changes in place. */
export interface Learning {
  readonly weights: Slot;
  /** null for `sgd`; of any content when `fresh` */
  readonly moments: { readonly first: Slot; readonly second: Slot; readonly fresh: boolean } | null;
}

/** A closed gate, or a block without units, teaches nothing. */
export const teaches = ({ source, scale, block, errorBlock }: GradientTerm): boolean =>
  scale !== 0 && errorBlock[1] > errorBlock[0] && (source === "ones" || block[1] > block[0]);

/** {@link adamParameters} and the rate of a step. */
export function adamNumbers(optimiser: Extract<OptimiserStep, { kind: "adam" }>, fresh: boolean) {
  const { learningRate, beta1, beta2, epsilon, step } = optimiser;
  return {
    beta1,
    beta2,
    rest1: 1 - beta1,
    rest2: 1 - beta2,
    correction: 1 / (1 - beta2 ** step),
    epsilon,
    fresh: fresh ? 1 : 0,
    rate: learningRate / (1 - beta1 ** step),
  };
}

/** The numbers and buffers of a term; null is the term of a gradient that is zero. */
function openTerm(
  queue: Queue,
  contentOf: (tensor: Tensor) => Slot,
  term: GradientTerm | null,
  shape: readonly number[],
) {
  const [sources, targets] = shape.length === 1 ? [1, shape[0]] : shape;
  const source = term && term.source !== "ones" ? term.source : null;
  return {
    numbers: {
      sources,
      targets,
      batch: term?.error.shape[0] ?? 0,
      sourceUnits: source?.shape[1] ?? 0,
      blockStart: term?.block[0] ?? 0,
      ones: term?.source === "ones" ? 1 : 0,
      errorUnits: term?.error.shape[1] ?? 0,
      errorStart: term?.errorBlock[0] ?? 0,
      scale: term?.scale ?? 0,
    },
    source: source ? contentOf(source) : queue.nothing,
    error: term ? contentOf(term.error) : queue.nothing,
    workgroups: [Math.ceil(targets / tile), Math.ceil(sources / tile)] as const,
  };
}

/**
 * Records gradient and step.
 * @returns the gradient in a new buffer, when it is to be kept
 */
export function learn(
  queue: Queue,
  contentOf: (tensor: Tensor) => Slot,
  {
    terms,
    weights,
    optimiser,
    keepGradient,
  }: Pick<LearnRequest, "terms" | "weights" | "optimiser" | "keepGradient">,
  { weights: changed, moments }: Learning,
): Slot | null {
  const { commands } = queue;
  const teaching = terms.filter(teaches);
  const stored = keepGradient === true || teaching.length > 1;
  const gradient = stored ? queue.lend(sizeOf(weights.shape)) : queue.sink;
  const all = teaching.length > 0 ? teaching : [null];
  for (const [index, term] of all.entries()) {
    const { numbers, source, error, workgroups } = openTerm(queue, contentOf, term, weights.shape);
    const last = index === all.length - 1;
    const state = { ...numbers, adds: index > 0 ? 1 : 0, keeps: !last || keepGradient ? 1 : 0 };
    const buffers = { source, error, gradient };
    if (!last) commands.dispatch(gradientProgram, { ...state, rate: 0 }, buffers, workgroups);
    else if (optimiser.kind === "sgd" || moments === null) {
      const rate = optimiser.learningRate;
      commands.dispatch(sgdProgram, { ...state, rate }, { ...buffers, weights: changed }, workgroups);
    } else {
      commands.dispatch(
        adamProgram,
        { ...state, ...adamNumbers(optimiser, moments.fresh) },
        { ...buffers, weights: changed, first: moments.first, second: moments.second },
        workgroups,
      );
    }
  }
  if (keepGradient) return gradient;
  if (stored) queue.buffers.release(gradient);
  return null;
}
