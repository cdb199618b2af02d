import type { Handles } from "../handles.js";
import type { Tensor } from "../kernels.js";
import type { Content, Contents } from "./content.js";
import type { RecurrentForm } from "./recurrent-form.js";

export type SimdHandles = Handles<Content, RecurrentForm>;

/** What the kernels of one backend share. */
export interface Device {
  readonly handles: SimdHandles;
  readonly contents: Contents;
  /** An operation of several parts comes. */
  wake(): void;
}

/** A tensor of few numbers. */
export function number({ handles, contents }: Device, shape: readonly number[], data: Float32Array): Tensor {
  const content = contents.inRows(shape);
  contents.numbersOf(content).set(data);
  return handles.tensor(shape, content);
}
