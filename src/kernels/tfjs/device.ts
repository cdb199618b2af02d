import * as tf from "@tensorflow/tfjs-core";
import { Handles } from "../handles.js";
import type { TfjsBackendName } from "./backend-loading.js";
import type { DenseMatrix } from "./matrix.js";

/** One backend of tfjs's engine, and the handles on it. */
export class Device {
  readonly handles: Handles<tf.Tensor, DenseMatrix>;

  constructor(readonly name: TfjsBackendName) {
    this.handles = new Handles({
      freeTensor: (content) => content.dispose(),
      freeMatrix: ({ dense }) => dense.dispose(),
    });
  }

  /**
   * Does `work` on this backend and frees all tensors that it made, but for those in its result. The result holds
   * new tensors only: one of the caller's would get a second owner.
   */
  run<T extends tf.TensorContainer>(work: () => T): T {
    const engine = tf.engine();
    // the engine has one current backend for the process, and others may have changed it; the promise is settled,
    // as the backend is in the registry already
    if (engine.backendName !== this.name) void engine.setBackend(this.name);
    return tf.tidy(work);
  }

  /**
   * `a b` with either transposed. In wasm's own product a transposed argument takes the plain loop, 20 times
   * slower than a transposition and the fast one.
   */
  product(a: tf.Tensor2D, b: tf.Tensor2D, transposeA: boolean, transposeB: boolean): tf.Tensor2D {
    if (this.name !== "wasm") return tf.matMul(a, b, transposeA, transposeB);
    return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
  }
}

/** Columns [start, end); all of them are the tensor itself. */
export function columns(tensor: tf.Tensor, [start, end]: readonly [number, number]): tf.Tensor2D {
  const [rows, units] = tensor.shape;
  if (start === 0 && end === units) return tensor as tf.Tensor2D;
  return tf.slice(tensor as tf.Tensor2D, [0, start], [rows, end - start]);
}

/** `factor * tensor`; 1 costs nothing. */
export function scaled<T extends tf.Tensor>(tensor: T, factor: number): T {
  return factor === 1 ? tensor : tf.mul(tensor, factor);
}
