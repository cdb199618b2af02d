import { invariant } from "../../src/errors.js";
import type {
  ChangePropagation,
  DriveTerm,
  Kernels,
  Learned,
  LearnedMatrix,
  Moments,
  RecurrentMatrix,
  Tensor,
} from "../../src/kernels/kernels.js";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import type {
  DriveCase,
  GradientTermCase,
  LearnCase,
  Numbers,
  ReadoutCase,
  SettleCase,
  TermCase,
} from "../arbitraries/kernel-cases.js";

/** Uploads for one case, and their end. */
class Uploads {
  readonly #owned: Tensor[] = [];

  constructor(readonly kernels: Kernels) {}

  tensor(data: Numbers, shape: readonly number[]): Tensor {
    return this.own(this.kernels.tensor(data, shape));
  }

  own(tensor: Tensor): Tensor {
    this.#owned.push(tensor);
    return tensor;
  }

  /** Reads a result and gives it up. */
  async result(tensor: Tensor): Promise<Numbers> {
    const data = await this.kernels.read(tensor);
    invariant(
      data.length === tensor.shape.reduce((size, axis) => size * axis, 1),
      "a result of another size",
    );
    this.kernels.dispose(tensor);
    return data;
  }

  end(): void {
    for (const tensor of this.#owned) this.kernels.dispose(tensor);
  }
}

function term(uploads: Uploads, batch: number, given: TermCase): DriveTerm {
  const { block, target, scale, transposed } = given;
  const size = [block[1] - block[0], target[1] - target[0]];
  return {
    source: uploads.tensor(given.source, [batch, given.sourceUnits]),
    weights: uploads.tensor(given.weights, transposed ? size.reverse() : size),
    block,
    target,
    scale,
    transposed,
  };
}

/** @returns [batch, units] */
export async function runDrive(kernels: Kernels, { batch, units, terms, base }: DriveCase): Promise<Numbers> {
  const uploads = new Uploads(kernels);
  const drive = kernels.drive({
    batch,
    units,
    terms: terms.map((given) => term(uploads, batch, given)),
    ...(base && { base: uploads.tensor(base, [batch, units]) }),
  });
  uploads.end();
  return uploads.result(drive);
}

/** @returns [batch, units] */
export async function runReadout(kernels: Kernels, given: ReadoutCase): Promise<Numbers> {
  const { batch, units, terms, bias, nonlinearity } = given;
  const uploads = new Uploads(kernels);
  const output = kernels.readout({
    batch,
    size: units,
    terms: terms.map((one) => term(uploads, batch, one)),
    nonlinearity,
    ...(bias && { bias: uploads.tensor(bias, [units]) }),
  });
  uploads.end();
  return uploads.result(output);
}

function openChanges(
  uploads: Uploads,
  { batch, neurons, changes }: SettleCase,
): ChangePropagation | undefined {
  if (!changes) return undefined;
  const { epsilon, remembered } = changes;
  if (!remembered) return { epsilon, remembered };
  const upload = (data: Numbers) => uploads.tensor(data, [batch, neurons]);
  return { epsilon, remembered: { spoken: upload(remembered.spoken), sum: upload(remembered.sum) } };
}

/** What a settling left: the state, and the report and what is remembered where there are. */
export interface SettledNumbers {
  readonly state: Numbers;
  readonly report: Numbers | null;
  readonly propagated: { readonly spoken: Numbers; readonly sum: Numbers } | null;
}

export async function runSettle(kernels: Kernels, given: SettleCase): Promise<SettledNumbers> {
  const { batch, neurons, gain, timeStep, bias, from, drive, activation, iterations } = given;
  const { tolerance, report, needed } = given;
  const uploads = new Uploads(kernels);
  const matrix = kernels.matrix(sparseWeights(given.matrix, neurons));
  const [settled] = kernels.settle([
    {
      matrix,
      activation,
      from: from ? uploads.tensor(from, [batch, neurons]) : "zero",
      drive: uploads.tensor(drive, [batch, neurons]),
      iterations,
      report,
      ...(gain !== null && { gain }),
      ...(timeStep !== null && { timeStep }),
      ...(bias && { bias: uploads.tensor(bias, [neurons]) }),
      ...(tolerance !== null && { tolerance }),
      ...(needed && { needed }),
      changes: openChanges(uploads, given),
    },
  ]);
  const { propagated } = settled;
  uploads.end();
  kernels.dispose(matrix);
  return {
    state: await uploads.result(settled.state),
    report: settled.report && (await uploads.result(settled.report)),
    propagated: propagated && {
      spoken: await uploads.result(propagated.spoken),
      sum: await uploads.result(propagated.sum),
    },
  };
}

/** @returns after each step the gradient, the weights, and Adam's moments */
export async function runLearn(
  kernels: Kernels,
  { shape, weights, steps, optimiser }: LearnCase,
): Promise<Numbers[]> {
  const results: Numbers[] = [];
  let current = kernels.tensor(weights, shape);
  let moments: Moments | null = null;
  for (const [index, terms] of steps.entries()) {
    const uploads = new Uploads(kernels);
    const learned: Learned = kernels.learn({
      terms: terms.map((given) => gradientTerm(uploads, given)),
      weights: current,
      moments,
      optimiser: optimiser.kind === "adam" ? { ...optimiser, step: index + 1 } : optimiser,
      keepGradient: true,
    });
    uploads.end();
    ({ weights: current, moments } = learned);
    invariant(learned.gradient, "the gradient was to be kept");
    results.push(await uploads.result(learned.gradient), await kernels.read(current));
    if (moments) results.push(await kernels.read(moments.first), await kernels.read(moments.second));
  }
  kernels.dispose(current);
  if (moments) {
    kernels.dispose(moments.first);
    kernels.dispose(moments.second);
  }
  return results;
}

/** What a matrix makes of states, in each of the ways in which backends multiply. @returns [rows, neurons] of each */
async function products(kernels: Kernels, matrix: RecurrentMatrix): Promise<Numbers[]> {
  const { neurons } = matrix;
  const results: Numbers[] = [];
  for (const [rows, changes] of [
    [3, undefined],
    [1, undefined],
    [1, { epsilon: 0, remembered: null }],
  ] as const) {
    const uploads = new Uploads(kernels);
    const size = rows * neurons;
    const from = uploads.tensor(
      Float32Array.from({ length: size }, (_, at) => Math.sin(at + 1) / 2),
      [rows, neurons],
    );
    const drive = uploads.tensor(new Float32Array(size), [rows, neurons]);
    const [{ state, propagated }] = kernels.settle([
      { matrix, activation: "linear", from, drive, iterations: changes ? 2 : 1, changes },
    ]);
    if (propagated) for (const tensor of [propagated.spoken, propagated.sum]) uploads.own(tensor);
    uploads.end();
    results.push(await uploads.result(state));
  }
  return results;
}

/**
 * @returns after each step the gradient, the weights and Adam's moments, all of the connections; and what the matrix
 *   makes of states in the end
 */
export async function runLearnMatrix(
  kernels: Kernels,
  { shape: [neurons], weights, steps, optimiser }: LearnCase,
): Promise<{ learned: Numbers[]; products: Numbers[] }> {
  const learned: Numbers[] = [];
  let matrix = kernels.matrix(sparseWeights(weights, neurons));
  // the forms that it takes are there before it learns
  await products(kernels, matrix);
  let moments: Moments | null = null;
  for (const [index, terms] of steps.entries()) {
    const uploads = new Uploads(kernels);
    const result: LearnedMatrix = kernels.learnMatrix({
      terms: terms.map((given) => gradientTerm(uploads, given)),
      matrix,
      moments,
      optimiser: optimiser.kind === "adam" ? { ...optimiser, step: index + 1 } : optimiser,
      keepGradient: true,
    });
    uploads.end();
    ({ matrix, moments } = result);
    invariant(result.gradient, "the gradient was to be kept");
    learned.push(await uploads.result(result.gradient), (await kernels.weights(matrix)).values);
    if (moments) learned.push(await kernels.read(moments.first), await kernels.read(moments.second));
  }
  const made = await products(kernels, matrix);
  for (const handle of [matrix, moments?.first, moments?.second]) if (handle) kernels.dispose(handle);
  return { learned, products: made };
}

function gradientTerm(uploads: Uploads, given: GradientTermCase) {
  const { batch, source, sourceUnits, block, error, errorUnits, errorBlock, scale } = given;
  return {
    source: source ? uploads.tensor(source, [batch, sourceUnits]) : ("ones" as const),
    block,
    error: uploads.tensor(error, [batch, errorUnits]),
    errorBlock,
    scale,
  };
}

/** Uploads tensors, gives them to `use`, and reads its result. */
export async function runOn(
  kernels: Kernels,
  inputs: readonly (readonly [data: Numbers, shape: readonly number[]])[],
  use: (...tensors: Tensor[]) => Tensor,
): Promise<Numbers> {
  const uploads = new Uploads(kernels);
  const result = use(...inputs.map(([data, shape]) => uploads.tensor(data, shape)));
  uploads.end();
  return uploads.result(result);
}
