import { EddyError } from "../errors.js";
import type {
  Block,
  ChangePropagation,
  DriveTerm,
  GradientTerm,
  LearnMatrixRequest,
  LearnRequest,
  Moments,
  OptimiserStep,
  SampleRequest,
  SettleRequest,
  Tensor,
} from "./kernels.js";

const text = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** Elements of a tensor of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** @throws EddyError SHAPE_MISMATCH unless `given` is `needed` */
export function checkShape(what: string, given: readonly number[], needed: readonly number[]): void {
  if (given.length !== needed.length || given.some((length, axis) => length !== needed[axis])) {
    throw new EddyError("SHAPE_MISMATCH", `${what} has shape ${text(given)}, needed ${text(needed)}`);
  }
}

/** @throws EddyError SHAPE_MISMATCH unless the block lies within `units` */
export function checkBlock(what: string, [start, end]: Block, units: number): void {
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= units)) {
    throw new EddyError("SHAPE_MISMATCH", `${what} is [${start}, ${end}), needed within [0, ${units})`);
  }
}

/** Checks data against its shape. @throws EddyError SHAPE_MISMATCH */
export function checkData(data: Float32Array, shape: readonly number[]): void {
  if (data.length !== sizeOf(shape)) {
    throw new EddyError("SHAPE_MISMATCH", `tensor of shape ${text(shape)} was given ${data.length} numbers`);
  }
}

/** Checks the terms of a drive or readout with `units` columns. @throws EddyError SHAPE_MISMATCH */
export function checkTerms(batch: number, units: number, terms: readonly DriveTerm[], base?: Tensor): void {
  if (base) checkShape("base of the drive", base.shape, [batch, units]);
  for (const { source, block, weights, target, transposed } of terms) {
    checkRows("source of a pathway", source);
    checkShape("source of a pathway", source.shape, [batch, source.shape[1]]);
    checkBlock("source block", block, source.shape[1]);
    checkBlock("target block", target, units);
    const size = [block[1] - block[0], target[1] - target[0]];
    checkShape("weights of a pathway", weights.shape, transposed ? size.reverse() : size);
  }
}

/** @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT */
export function checkSettle(request: SettleRequest): void {
  const { matrix, gain = 1, timeStep = 1, bias, from, drive, iterations, needed, changes } = request;
  const shape = [drive.shape[0], matrix.neurons];
  checkShape("drive", drive.shape, shape);
  if (from !== "zero") checkShape("state at the start", from.shape, shape);
  if (bias) checkShape("recurrent bias", bias.shape, [matrix.neurons]);
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new EddyError("INVALID_ARGUMENT", `iterations is ${iterations}, needed a whole number from 0`);
  }
  if (!Number.isFinite(Math.fround(gain))) {
    throw new EddyError("INVALID_ARGUMENT", `gain is ${gain}, needed a finite float32`);
  }
  if (!(timeStep > 0 && timeStep <= 1)) {
    throw new EddyError("INVALID_ARGUMENT", `timeStep is ${timeStep}, needed a number in (0, 1]`);
  }
  if (changes) checkChanges(changes, shape);
  if (needed) checkNeeded(needed, request);
}

function checkChanges({ epsilon, remembered }: ChangePropagation, shape: readonly number[]): void {
  if (!Number.isFinite(epsilon) || epsilon < 0) {
    throw new EddyError("INVALID_ARGUMENT", `epsilon is ${epsilon}, needed a finite number from 0`);
  }
  if (!remembered) return;
  checkShape("state when units last spoke", remembered.spoken.shape, shape);
  checkShape("sum of what units spoke", remembered.sum.shape, shape);
}

function checkNeeded(needed: readonly Block[], { matrix, tolerance, report, changes }: SettleRequest): void {
  for (const block of needed) checkBlock("needed block", block, matrix.neurons);
  if (tolerance === undefined && report !== true && !changes) return;
  throw new EddyError(
    "INVALID_ARGUMENT",
    "needed blocks were given together with a tolerance, a report or changes, which look at all units",
  );
}

/** @throws EddyError SHAPE_MISMATCH */
export function checkLearn({ terms, weights, moments, optimiser }: LearnRequest): void {
  checkGradient(terms, weights.shape);
  checkMoments(optimiser, moments, weights.shape);
}

/** @param connections that the matrix has @throws EddyError SHAPE_MISMATCH */
export function checkLearnMatrix(request: LearnMatrixRequest, connections: number): void {
  const { terms, matrix, moments, optimiser } = request;
  checkGradient(terms, [matrix.neurons, matrix.neurons]);
  checkMoments(optimiser, moments, [connections]);
}

function checkMoments(optimiser: OptimiserStep, moments: Moments | null, shape: readonly number[]): void {
  if (optimiser.kind !== "adam" || !moments) return;
  checkShape("first moment", moments.first.shape, shape);
  checkShape("second moment", moments.second.shape, shape);
}

function checkGradient(terms: readonly GradientTerm[], shape: readonly number[]): void {
  for (const { source, block, error, errorBlock } of terms) {
    checkRows("error of a gradient", error);
    checkBlock("error block", errorBlock, error.shape[1]);
    const columns = errorBlock[1] - errorBlock[0];
    if (source === "ones") {
      checkShape("bias", shape, [columns]);
    } else {
      checkRows("source of a gradient", source);
      checkShape("source of a gradient", source.shape, [error.shape[0], source.shape[1]]);
      checkBlock("source block", block, source.shape[1]);
      checkShape("weights of a pathway", shape, [block[1] - block[0], columns]);
    }
  }
}

/** Least output that a cross-entropy sees, so that its logarithm stays finite: the smallest normal float32. */
export const leastProbability = 2 ** -126;

/** @throws EddyError SHAPE_MISMATCH unless `tensor` is a batch of rows */
export function checkRows(what: string, { shape }: Tensor): void {
  if (shape.length !== 2) {
    throw new EddyError("SHAPE_MISMATCH", `${what} has shape ${text(shape)}, needed [batch, units]`);
  }
}

/** Checks an output and its target. @throws EddyError SHAPE_MISMATCH */
export function checkScore(output: Tensor, target: Tensor): void {
  checkRows("output", output);
  checkShape("target", target.shape, output.shape);
}

/** @throws EddyError SHAPE_MISMATCH, INVALID_ARGUMENT */
export function checkSample({ tensor, row, units, every }: SampleRequest): void {
  checkRows("sampled tensor", tensor);
  checkBlock("sampled block", units, tensor.shape[1]);
  if (!Number.isInteger(every) || every < 1) {
    throw new EddyError("INVALID_ARGUMENT", `every is ${every}, needed a whole number from 1`);
  }
  if (row !== "mean") checkBlock("sampled row", [row, row + 1], tensor.shape[0]);
}
