import fc from "fast-check";
import type {
  Activation,
  Block,
  DriveTerm,
  GradientTerm,
  Nonlinearity,
  OptimiserStep,
} from "../../src/kernels/kernels.js";
import { random } from "../../src/model/random.js";

/** Calls of kernels as plain data, so that any backend, and a formula, can be given the same. */
export type Numbers = Float32Array;

export interface TermCase extends Pick<DriveTerm, "block" | "scale" | "target"> {
  readonly source: Numbers;
  readonly sourceUnits: number;
  readonly weights: Numbers;
  readonly transposed: boolean;
}

export interface DriveCase {
  readonly batch: number;
  readonly units: number;
  readonly terms: readonly TermCase[];
  readonly base: Numbers | null;
}

export interface ReadoutCase extends Omit<DriveCase, "base"> {
  readonly bias: Numbers | null;
  readonly nonlinearity: Nonlinearity;
}

export interface SettleCase {
  readonly batch: number;
  readonly neurons: number;
  readonly matrix: Numbers;
  /** null: left out */
  readonly gain: number | null;
  /** null: left out */
  readonly timeStep: number | null;
  readonly bias: Numbers | null;
  readonly activation: Activation;
  readonly from: Numbers | null;
  readonly drive: Numbers;
  readonly iterations: number;
  readonly tolerance: number | null;
  readonly report: boolean;
  readonly needed: readonly Block[] | null;
  readonly changes: ChangesCase | null;
}

export interface ChangesCase {
  readonly epsilon: number;
  readonly remembered: { readonly spoken: Numbers; readonly sum: Numbers } | null;
}

/** The units of a settled state that its caller may look at, row by row. */
export const neededOf = ({ neurons, needed }: SettleCase, state: ArrayLike<number>): number[] =>
  Array.from(state).filter((_, index) => {
    const unit = index % neurons;
    return needed === null || needed.some(([start, end]) => start <= unit && unit < end);
  });

export interface GradientTermCase extends Pick<GradientTerm, "block" | "errorBlock" | "scale"> {
  readonly batch: number;
  /** null is "ones" */
  readonly source: Numbers | null;
  readonly sourceUnits: number;
  readonly error: Numbers;
  readonly errorUnits: number;
}

export interface LearnCase {
  /** [from, to], or [to] for a bias */
  readonly shape: readonly number[];
  readonly weights: Numbers;
  /** the terms of each step */
  readonly steps: readonly (readonly GradientTermCase[])[];
  readonly optimiser: OptimiserStep;
}

export const activations: readonly Activation[] = [
  "tanh",
  "sigmoid",
  "relu",
  "relu6",
  "hardSigmoid",
  "linear",
  "sign",
  "clip",
];

type Spacing = "any" | "grid";

/**
 * Numbers in [-1, 1], a tenth of them zero. On a grid of sixteenths sums of products are exact in float32, so that
 * no backend can round a sign differently.
 */
export const numbers = (length: number, spacing: Spacing = "any"): fc.Arbitrary<Numbers> =>
  fc.integer().map((seed) => {
    const source = random(seed, "kernel case");
    return Float32Array.from({ length }, () => {
      const value = source.uniform(0, 1) < 0.1 ? 0 : source.uniform(-1, 1);
      return spacing === "grid" ? Math.round(value * 16) / 16 : value;
    });
  });

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const scale = fc.oneof(fc.constantFrom(0, 1, -1, 0.5), fc.float({ min: -2, max: 2, noNaN: true }));
const batch = fc.oneof(fc.constant(1), size(7));

/** Any block, the empty one included. */
const blockOf = (units: number): fc.Arbitrary<Block> =>
  fc
    .tuple(fc.nat({ max: units }), fc.nat({ max: units }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

const length = ([start, end]: Block): number => end - start;

const termCase = (rows: number, units: number): fc.Arbitrary<TermCase> =>
  size(23)
    .chain((sourceUnits) => fc.tuple(fc.constant(sourceUnits), blockOf(sourceUnits), blockOf(units)))
    .chain(([sourceUnits, block, target]) =>
      fc.record({
        source: numbers(rows * sourceUnits),
        sourceUnits: fc.constant(sourceUnits),
        block: fc.constant(block),
        weights: numbers(length(block) * length(target)),
        transposed: fc.boolean(),
        scale,
        target: fc.constant(target),
      }),
    );

const termsCase = (rows: number, units: number): fc.Arbitrary<TermCase[]> =>
  fc.array(termCase(rows, units), { maxLength: 4 });

export const driveCase: fc.Arbitrary<DriveCase> = fc.tuple(batch, size(29)).chain(([rows, units]) =>
  fc.record({
    batch: fc.constant(rows),
    units: fc.constant(units),
    terms: termsCase(rows, units),
    base: fc.option(numbers(rows * units)),
  }),
);

export const readoutCase: fc.Arbitrary<ReadoutCase> = fc.tuple(batch, size(12)).chain(([rows, units]) =>
  fc.record({
    batch: fc.constant(rows),
    units: fc.constant(units),
    terms: termsCase(rows, units),
    bias: fc.option(numbers(units)),
    nonlinearity: fc.constantFrom<Nonlinearity>("softmax", "sigmoid", "linear"),
  }),
);

/** Weak enough to settle whatever the activation, so that rounding does not grow. */
const recurrentMatrix = (neurons: number, spacing: Spacing): fc.Arbitrary<Numbers> =>
  fc.tuple(numbers(neurons * neurons, spacing), numbers(neurons * neurons)).map(([values, chance]) =>
    values.map((value, index) => {
      if (chance[index] > -0.5) return 0;
      return spacing === "grid" ? value : (0.7 * value) / Math.sqrt(neurons / 4);
    }),
  );

const changesCase = (size: number, spacing: Spacing): fc.Arbitrary<ChangesCase> =>
  fc.record({
    // on the grid, so that the threshold is exact where the states are
    epsilon: fc.constantFrom(0, 1 / 16, 1 / 4, 1),
    remembered: fc.option(fc.record({ spoken: numbers(size, spacing), sum: numbers(size, spacing) })),
  });

/** What a settling is asked for besides its state: a report, or only some units of it. */
const demands = (neurons: number) =>
  fc.oneof(
    fc.record({
      tolerance: fc.option(fc.constantFrom(0.3, 0.05, 0.002, 0)),
      report: fc.boolean(),
      needed: fc.constant(null),
    }),
    fc.record({
      tolerance: fc.constant(null),
      report: fc.constant(false),
      needed: fc.array(blockOf(neurons), { maxLength: 3 }),
    }),
  );

const anySettleCase = (
  propagation: (size: number, spacing: Spacing) => fc.Arbitrary<ChangesCase | null>,
): fc.Arbitrary<SettleCase> =>
  fc.tuple(batch, size(37), fc.constantFrom(...activations)).chain(([rows, neurons, activation]) => {
    const spacing = activation === "sign" ? "grid" : "any";
    return fc
      .tuple(
        fc.record({
          batch: fc.constant(rows),
          neurons: fc.constant(neurons),
          matrix: recurrentMatrix(neurons, spacing),
          // exact in float32, as sums on the grid have to be
          gain: fc.constantFrom(null, null, 1, 0.5, -0.75, 0),
          timeStep: fc.constantFrom(null, null, null, 1, 0.5, 0.25),
          bias: fc.option(numbers(neurons, spacing)),
          activation: fc.constant(activation),
          from: fc.option(numbers(rows * neurons, spacing)),
          drive: numbers(rows * neurons, spacing),
          iterations: fc.integer({ min: 0, max: 9 }),
          changes: propagation(rows * neurons, spacing),
        }),
        demands(neurons),
      )
      .map(([given, demanded]) => ({ ...given, ...demanded, ...(given.changes && { needed: null }) }));
  });

/** A settling by full products. */
export const settleCase: fc.Arbitrary<SettleCase> = anySettleCase(() => fc.constant(null));

/** A settling that propagates changes only. */
export const changesSettleCase: fc.Arbitrary<SettleCase> = anySettleCase(changesCase);

const gradientTerm = (from: number | null, to: number, spacing: Spacing): fc.Arbitrary<GradientTermCase> =>
  fc.tuple(batch, fc.nat({ max: 5 }), fc.nat({ max: 5 })).chain(([rows, extraSource, extraError]) =>
    fc.tuple(fc.nat({ max: extraSource }), fc.nat({ max: extraError })).chain(([sourceStart, errorStart]) => {
      const sourceUnits = (from ?? 0) + extraSource;
      return fc.record<GradientTermCase>({
        batch: fc.constant(rows),
        source: from === null ? fc.constant(null) : numbers(rows * sourceUnits, spacing),
        sourceUnits: fc.constant(sourceUnits),
        block: fc.constant([sourceStart, sourceStart + (from ?? 0)] as const),
        error: numbers(rows * (to + extraError), spacing),
        errorUnits: fc.constant(to + extraError),
        errorBlock: fc.constant([errorStart, errorStart + to] as const),
        scale: spacing === "grid" ? fc.constantFrom(0, 1, -0.5, 0.25) : scale,
      });
    }),
  );

const sgd: fc.Arbitrary<OptimiserStep> = fc.record({
  kind: fc.constant("sgd"),
  learningRate: fc.constantFrom(0.5, 0.01),
});

const adam: fc.Arbitrary<OptimiserStep> = fc.record({
  kind: fc.constant("adam"),
  learningRate: fc.constantFrom(0.1, 1e-3),
  beta1: fc.constantFrom(0.9, 0.5),
  beta2: fc.constantFrom(0.999, 0.9),
  epsilon: fc.constantFrom(1e-8, 1e-3),
  step: fc.constant(1),
});

export const learnCase: fc.Arbitrary<LearnCase> = fc
  .tuple(fc.option(size(19)), size(17), fc.oneof(sgd, adam))
  .chain(([from, to, optimiser]) => {
    // Adam divides by the gradient's own size: only exact gradients can be compared
    const spacing = optimiser.kind === "adam" ? "grid" : "any";
    return fc.record({
      shape: fc.constant(from === null ? [to] : [from, to]),
      weights: numbers((from ?? 1) * to),
      steps: fc.array(fc.array(gradientTerm(from, to, spacing), { maxLength: 3 }), {
        minLength: 1,
        maxLength: 4,
      }),
      optimiser: fc.constant(optimiser),
    });
  });

/** Steps of a recurrent matrix: of these weights, those that are not zero. */
export const learnMatrixCase: fc.Arbitrary<LearnCase> = fc
  .tuple(size(17), fc.oneof(sgd, adam))
  .chain(([neurons, optimiser]) => {
    const spacing = optimiser.kind === "adam" ? "grid" : "any";
    const terms = fc.array(gradientTerm(neurons, neurons, spacing), { maxLength: 3 });
    return fc.record({
      shape: fc.constant([neurons, neurons]),
      weights: recurrentMatrix(neurons, "any"),
      steps: fc.array(terms, { minLength: 1, maxLength: 4 }),
      optimiser: fc.constant(optimiser),
    });
  });
