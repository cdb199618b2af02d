/** Units `[start, end)` of a module, an input or a readout. */
export type Block = readonly [start: number, end: number];

/** An opaque float32 tensor of a backend. */
export interface Tensor {
  readonly shape: readonly number[];
}

/** A module's recurrent matrix in the form that a backend computes with (dense, sparse, panels). */
export interface RecurrentMatrix {
  readonly neurons: number;
}
