import type { Nonlinearity, ReadoutRequest, Tensor } from "../kernels.js";
import type { Slot } from "./buffers.js";
import { sumOfTerms } from "./drive.js";
import { eachElement, workgroupsFor } from "./elementwise.js";
import { entry, program, threads } from "./program.js";
import type { Queue } from "./queue.js";
import { activate, activationCode } from "./wgsl/activation.js";
import { isNan } from "./wgsl/numbers.js";

export const sigmoidProgram = program({
  name: "sigmoid of a readout",
  parameters: { elements: "u32" },
  buffers: { output: "write" },
  body: activate + eachElement(`output[at] = activate(${activationCode("sigmoid")}u, output[at]);`),
});

/**
 * `exp(u) / sum exp(u)` of each row, in place, a workgroup a row; the largest value is taken off first, so that nothing
 * overflows. A row with something that is no number becomes none as a whole.
 */
export const softmaxProgram = program({
  name: "softmax of a readout",
  parameters: { rows: "u32", size: "u32" },
  buffers: { output: "write" },
  body: `
${isNan}
var<workgroup> shared_: array<f32, ${threads}>;

fn largestOf(thread: u32, value: f32) -> f32 {
  shared_[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { shared_[thread] = max(shared_[thread], shared_[thread + half]); }
    workgroupBarrier();
  }
  let largest = shared_[0];
  workgroupBarrier();
  return largest;
}

fn sumOf(thread: u32, value: f32) -> f32 {
  shared_[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { shared_[thread] += shared_[thread + half]; }
    workgroupBarrier();
  }
  let sum = shared_[0];
  workgroupBarrier();
  return sum;
}

${entry} {
  for (var row = group.x; row < p.rows; row += groups.x) {
    let start = row * p.size;
    var largest = -3.4e38;
    for (var unit = thread; unit < p.size; unit += ${threads}u) { largest = max(largest, output[start + unit]); }
    largest = largestOf(thread, largest);
    var sum = 0.0;
    for (var unit = thread; unit < p.size; unit += ${threads}u) {
      let u = output[start + unit];
      var part = exp(u - largest);
      if (isNan(u)) { part = u; }
      output[start + unit] = part;
      sum += part;
    }
    sum = sumOf(thread, sum);
    for (var unit = thread; unit < p.size; unit += ${threads}u) { output[start + unit] /= sum; }
  }
}
`,
});

const finish: Record<Nonlinearity, (queue: Queue, output: Slot, batch: number, size: number) => void> = {
  linear: () => {},
  sigmoid: ({ commands }, output, batch, size) => {
    const elements = batch * size;
    commands.dispatch(sigmoidProgram, { elements }, { output }, workgroupsFor(elements));
  },
  softmax: ({ commands }, output, rows, size) => {
    commands.dispatch(softmaxProgram, { rows, size }, { output }, [Math.min(rows, 4096), 1]);
  },
};

/** @returns [batch, size], a new buffer */
export function readout(queue: Queue, contentOf: (tensor: Tensor) => Slot, request: ReadoutRequest): Slot {
  const { batch, size, terms, bias, nonlinearity } = request;
  const base = bias ? { slot: contentOf(bias), perRow: false } : null;
  const output = sumOfTerms(queue, contentOf, { batch, units: size, terms }, base);
  finish[nonlinearity](queue, output, batch, size);
  return output;
}
