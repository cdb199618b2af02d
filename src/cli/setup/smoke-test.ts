/**
 * A program of its own: loads TensorFlow from EDDY_TENSORFLOW as a run does, multiplies two matrices and compares with
 * plain loops in double precision. Prints one JSON line; a library that breaks its process takes no other along.
 */
import { openKernels, tensorflowLibrary } from "../../kernels/backends.js";
import { printJson } from "../terminal.js";

const [rows, inner, columns] = [37, 129, 65];

/** Numbers in -1 to 1 that repeat nowhere near. */
const filled = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * step + 0.3));

function largestDeviation(a: Float32Array, b: Float32Array, product: Float32Array): number {
  let largest = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[row * inner + k] * b[k * columns + column];
      largest = Math.max(largest, Math.abs(sum - product[row * columns + column]));
    }
  }
  return largest;
}

const kernels = await openKernels("tensorflow");
const [a, b] = [filled(rows * inner, 1.7), filled(inner * columns, 2.3)];
const product = kernels.drive({
  batch: rows,
  units: columns,
  terms: [
    {
      source: kernels.tensor(a, [rows, inner]),
      block: [0, inner],
      weights: kernels.tensor(b, [inner, columns]),
      scale: 1,
      target: [0, columns],
    },
  ],
});
const deviation = largestDeviation(a, b, await kernels.read(product));
kernels.close();
const { version, device } = await tensorflowLibrary();
printJson({ deviation, version, device });
