import type { OptimiserStep } from "../../../src/kernels/kernels.js";
import { type Random, random } from "../../../src/model/random.js";
import {
  activations,
  type DriveCase,
  type GradientTermCase,
  type LearnCase,
  type Numbers,
  type ReadoutCase,
  type SettleCase,
  type TermCase,
} from "../../arbitraries/kernel-cases.js";

/** Calls large enough that threads share them, made from a seed. */
export const densities = [0.05, 0.22, 1] as const;
export const batches = [1, 2, 20, 70, 128] as const;

const pick = <T>(source: Random, options: readonly T[]): T => options[source.integer(options.length)];
const chance = (source: Random, share: number): boolean => source.uniform(0, 1) < share;

/** Numbers in [-1, 1]; a share of them zero, of either sign. */
export function values(source: Random, length: number, zeros = 0.1): Numbers {
  return Float32Array.from({ length }, () =>
    chance(source, zeros) ? pick(source, [0, -0]) : source.uniform(-1, 1),
  );
}

/** Strong enough that states move for long, weak enough that they stay finite. */
export function recurrent(source: Random, neurons: number, density: number): Numbers {
  const strength = 0.9 / Math.sqrt((neurons * density) / 3);
  return Float32Array.from({ length: neurons * neurons }, () =>
    density < 1 && !chance(source, density) ? 0 : strength * source.uniform(-1, 1),
  );
}

/** What a settling is asked for besides its state. */
export type Demand = "state" | "report" | "tolerance" | "needed" | "changes" | "remembered";

export const demands: readonly Demand[] = ["state", "report", "tolerance", "needed", "changes", "remembered"];

export interface SettleSizes {
  readonly neurons: number;
  readonly density: number;
  readonly batch: number;
  readonly demand: Demand;
  readonly fromZero: boolean;
}

export function largeSettle(
  seed: number,
  { neurons, density, batch, demand, fromZero }: SettleSizes,
): SettleCase {
  const source = random(seed, "large settle");
  const size = batch * neurons;
  const first = source.integer(neurons);
  return {
    batch,
    neurons,
    matrix: recurrent(source, neurons, density),
    gain: pick(source, [null, 1, 0.7, -1.1]),
    timeStep: pick(source, [null, null, 0.3]),
    bias: chance(source, 0.5) ? values(source, neurons) : null,
    // sign is chaotic, but of one kind everywhere
    activation: pick(source, activations),
    from: fromZero ? null : values(source, size),
    drive: values(source, size, 0.3),
    iterations: 1 + source.integer(6),
    tolerance: demand === "tolerance" ? pick(source, [0.3, 0.05, 0]) : null,
    report: demand === "report",
    needed: demand === "needed" ? [[first, first + source.integer(neurons - first)]] : null,
    changes:
      demand === "changes" || demand === "remembered"
        ? {
            epsilon: pick(source, [0, 0.01, 0.2]),
            remembered:
              demand === "changes" ? null : { spoken: values(source, size), sum: values(source, size) },
          }
        : null,
  };
}

function block(source: Random, units: number): readonly [number, number] {
  const start = source.integer(Math.ceil(units / 2));
  return [start, start + source.integer(units - start + 1)];
}

function terms(source: Random, batch: number, units: number): TermCase[] {
  return Array.from({ length: 1 + source.integer(4) }, () => {
    const sourceUnits = 1 + source.integer(600);
    const from = block(source, sourceUnits);
    const target = chance(source, 0.5) ? ([0, units] as const) : block(source, units);
    return {
      source: values(source, batch * sourceUnits, 0.5),
      sourceUnits,
      block: from,
      weights: values(source, (from[1] - from[0]) * (target[1] - target[0])),
      transposed: chance(source, 0.4),
      scale: pick(source, [1, -0.5, 0.7, 0]),
      target,
    };
  });
}

export function largeDrive(seed: number, batch: number): DriveCase {
  const source = random(seed, "large drive");
  const units = 1 + source.integer(600);
  return {
    batch,
    units,
    terms: terms(source, batch, units),
    base: chance(source, 0.5) ? values(source, batch * units) : null,
  };
}

export function largeReadout(seed: number, batch: number): ReadoutCase {
  const source = random(seed, "large readout");
  const units = 1 + source.integer(400);
  return {
    batch,
    units,
    terms: terms(source, batch, units),
    bias: chance(source, 0.5) ? values(source, units) : null,
    nonlinearity: pick(source, ["softmax", "sigmoid", "linear"] as const),
  };
}

function gradientTerm(source: Random, from: number | null, to: number): GradientTermCase {
  const batch = pick(source, batches);
  const [before, after, errorBefore, errorAfter] = Array.from({ length: 4 }, () => source.integer(20));
  const sourceUnits = before + (from ?? 0) + after;
  const errorUnits = errorBefore + to + errorAfter;
  return {
    batch,
    source: from === null ? null : values(source, batch * sourceUnits),
    sourceUnits,
    block: [before, before + (from ?? 0)],
    error: values(source, batch * errorUnits),
    errorUnits,
    errorBlock: [errorBefore, errorBefore + to],
    scale: pick(source, [1, 0.25, -0.1, 0]),
  };
}

export function largeLearn(seed: number, kind: OptimiserStep["kind"]): LearnCase {
  const source = random(seed, "large learn");
  const from = chance(source, 0.2) ? null : 1 + source.integer(300);
  const to = 1 + source.integer(200);
  return {
    shape: from === null ? [to] : [from, to],
    weights: values(source, (from ?? 1) * to),
    steps: Array.from({ length: 2 }, () =>
      Array.from({ length: 1 + source.integer(3) }, () => gradientTerm(source, from, to)),
    ),
    optimiser:
      kind === "sgd"
        ? { kind, learningRate: 0.1 }
        : { kind, learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 },
  };
}

/** Of a square of weights, those that are not zero. */
export function largeLearnMatrix(seed: number, kind: OptimiserStep["kind"]): LearnCase {
  const source = random(seed, "large learn of a matrix");
  const neurons = 100 + source.integer(200);
  const density = pick(source, densities);
  const { optimiser } = largeLearn(seed, kind);
  return {
    shape: [neurons, neurons],
    weights: values(source, neurons * neurons).map((value) => (chance(source, density) ? value / 8 : 0)),
    steps: Array.from({ length: 2 }, () =>
      Array.from({ length: 1 + source.integer(2) }, () => gradientTerm(source, neurons, neurons)),
    ),
    optimiser,
  };
}
