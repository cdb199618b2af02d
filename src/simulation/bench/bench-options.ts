/** What `eddy bench` can measure. Those that need data and minutes are made only when they are named. */
export const benchParts = ["steps", "ticks", "overhead", "modules", "sizes", "rates"] as const;
export const dataParts = ["epoch", "decisions"] as const;
export const allParts = [...benchParts, ...dataParts] as const;
export type BenchPart = (typeof allParts)[number];

/** What a network may leave out; null makes everything. */
export interface Approximation {
  /** a module's phase ends when its residual falls to this; phased operation */
  readonly tolerance: number | null;
  /** changes up to this are not propagated */
  readonly epsilon: number | null;
}

/** What to measure, and for how long. */
export interface BenchOptions extends Approximation {
  readonly parts: readonly BenchPart[];
  /** of steps, ticks, overhead, epoch and decisions */
  readonly modules: number;
  /** of each module of these */
  readonly neurons: number;
  /** sizes of the batch of steps */
  readonly batches: readonly number[];
  /** for each figure */
  readonly seconds: number;
  /** of training, for decisions */
  readonly epochs: number;
  /** fewer cases and runs, and what would end too late is left out */
  readonly quick: boolean;
  /** where data sets are */
  readonly data: string;
}

/** What the sweeps go over. */
export interface SweepCases {
  readonly modules: readonly number[];
  readonly moduleNeurons: number;
  readonly sizes: readonly number[];
  readonly rates: readonly number[];
  readonly rateNeurons: number;
  readonly batches: readonly number[];
}

/** Connections of a neuron in the sweep over sizes, repeated draws included. */
export const connectionsPerNeuron = 64;

export const sweepCases = (quick: boolean): SweepCases => ({
  modules: quick ? [2, 8] : [2, 4, 8, 16, 32, 64],
  moduleNeurons: 256,
  sizes: quick ? [256, 1024, 4096] : [256, 512, 1024, 2048, 4096, 8192, 16_384],
  rates: quick ? [0.05, 0.25, 1] : [0.05, 0.1, 0.25, 0.5, 1],
  rateNeurons: 1024,
  batches: quick ? [1] : [1, 64],
});

/** What decisions are compared for when no tolerance and no epsilon is given. */
export const usualApproximations: readonly Approximation[] = [
  ...[1e-4, 1e-3, 3e-3, 1e-2].map((tolerance) => ({ tolerance, epsilon: null })),
  ...[1e-4, 1e-3].map((epsilon) => ({ tolerance: null, epsilon })),
];

/** A quick bench is over by then, whatever is left; what is under way may end a little later. */
export const quickSeconds = 22;
