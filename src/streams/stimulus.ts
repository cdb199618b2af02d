/** A batch of stimuli as a task presents them. */
export interface Stimulus {
  /** [batch, size of the input], row-major */
  readonly input: Float32Array;
  /** [batch, size of the readout], row-major; one-hot for classes; null: nothing to learn from */
  readonly target: Float32Array | null;
}

/** Examples by number: the same numbers always give the same stimuli, so a place in the stream is one number. */
export interface Examples {
  /** Examples in one pass; Infinity when they are generated without end. */
  readonly length: number;
  /** Examples `first` to `first + count - 1`. */
  take(first: number, count: number): Stimulus;
}

/** A number that may be changed, as it was described, and what it may be. */
export interface ParameterRange {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/**
 * A task's endless, seeded supply of stimuli. `training` goes on for ever: example numbers run over the passes, each
 * pass in an order of its own drawn from the seed. `test` is a fixed set in a fixed order.
 */
export interface StimulusSource {
  readonly name: string;
  /** numbers in an input */
  readonly size: number;
  /** numbers in a target */
  readonly outputs: number;
  readonly training: Examples;
  readonly test: Examples | null;
  /** numbers of its own that may be changed while it is used; absent: none */
  readonly parameters?: Readonly<Record<string, ParameterRange>>;
  /** its training examples by another seed, with some of these numbers changed; absent: they are what they are */
  readonly vary?: (seed: number, changed: Readonly<Record<string, number>>) => Examples;
}
