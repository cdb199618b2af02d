import type { SampleRequest } from "../kernels.js";
import { leastProbability } from "../shapes.js";
import type { Slot } from "./buffers.js";
import { eachElement, workgroupsFor } from "./elementwise.js";
import { entry, program, threads } from "./program.js";
import type { Queue } from "./queue.js";
import { isNan } from "./wgsl/numbers.js";

/** `reduced(thread, value)`: the sum over the workgroup, in every thread. */
const sums = `
var<workgroup> parts: array<vec2f, ${threads}>;

fn reduced(thread: u32, value: vec2f) -> vec2f {
  parts[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] += parts[thread + half]; }
    workgroupBarrier();
  }
  return parts[0];
}
`;

/** One workgroup, whose threads share the rows. What is no number in an output must show in the sum. */
export const scoreProgram = program({
  name: "score",
  parameters: { rows: "u32", size: "u32", least: "f32" },
  buffers: { output: "read", wanted: "read", result: "write" },
  body: `
${isNan}
${sums}
fn entropyOf(start: u32) -> f32 {
  var entropy = 0.0;
  for (var unit = 0u; unit < p.size; unit++) {
    let target_ = wanted[start + unit];
    let given = output[start + unit];
    var seen = max(given, p.least);
    if (isNan(given)) { seen = given; }
    if (target_ != 0.0) { entropy -= target_ * log(seen); }
  }
  return entropy;
}

fn isRight(start: u32) -> bool {
  var bestOutput = 0u;
  var bestWanted = 0u;
  for (var unit = 1u; unit < p.size; unit++) {
    if (output[start + unit] > output[start + bestOutput]) { bestOutput = unit; }
    if (wanted[start + unit] > wanted[start + bestWanted]) { bestWanted = unit; }
  }
  return bestOutput == bestWanted;
}

${entry} {
  var sum = vec2f();
  for (var row = thread; row < p.rows; row += ${threads}u) {
    sum += vec2f(entropyOf(row * p.size), select(0.0, 1.0, isRight(row * p.size)));
  }
  let total = reduced(thread, sum);
  if (thread == 0u) {
    result[0] = total.x;
    result[1] = total.y;
  }
}
`,
});

/** @returns [2], a new buffer */
export function score(queue: Queue, output: Slot, wanted: Slot, [rows, size]: readonly number[]): Slot {
  const result = queue.lend(2);
  queue.commands.dispatch(
    scoreProgram,
    { rows, size, least: leastProbability },
    { output, wanted, result },
    [1, 1],
  );
  return result;
}

/** Units start, start + every, ... of rows [firstRow, firstRow + rows), averaged. */
export const sampleProgram = program({
  name: "sample",
  parameters: { elements: "u32", units: "u32", start: "u32", every: "u32", firstRow: "u32", rows: "u32" },
  buffers: { state: "read", result: "write" },
  body: eachElement(`
    let unit = p.start + at * p.every;
    var sum = 0.0;
    for (var row = p.firstRow; row < p.firstRow + p.rows; row++) { sum += state[row * p.units + unit]; }
    result[at] = sum / f32(p.rows);
  `),
});

/** @returns [length], a new buffer */
export function sample(queue: Queue, state: Slot, request: SampleRequest, length: number): Slot {
  const { tensor, row, units, every } = request;
  const result = queue.lend(length);
  const [firstRow, rows] = row === "mean" ? [0, tensor.shape[0]] : [row, 1];
  queue.commands.dispatch(
    sampleProgram,
    { elements: length, units: tensor.shape[1], start: units[0], every, firstRow, rows },
    { state, result },
    workgroupsFor(length),
  );
  return result;
}

/** Each workgroup's share of `factor * sum |x|`. */
export const magnitudeProgram = program({
  name: "magnitude",
  parameters: { elements: "u32", factor: "f32" },
  buffers: { x: "read", result: "write" },
  body: `
${sums}
${entry} {
  var sum = 0.0;
  for (var at = group.x * ${threads}u + thread; at < p.elements; at += groups.x * ${threads}u) { sum += abs(x[at]); }
  let total = reduced(thread, vec2f(sum, 0.0));
  if (thread == 0u) { result[group.x] = p.factor * total.x; }
}
`,
});

/** Elements that a workgroup sums; more are shared by several, in two passes. */
const magnitudeShare = 16_384;

/** Mean of |x| over so many elements; of nothing it is 0. @returns [1], a new buffer */
export function meanMagnitude(queue: Queue, x: Slot, elements: number): Slot {
  const { commands } = queue;
  const result = queue.lend(1);
  const factor = 1 / Math.max(elements, 1);
  const shares = Math.min(threads, Math.ceil(elements / magnitudeShare));
  if (shares <= 1) {
    commands.dispatch(magnitudeProgram, { elements, factor }, { x, result }, [1, 1]);
    return result;
  }
  const partial = queue.lend(shares);
  commands.dispatch(magnitudeProgram, { elements, factor }, { x, result: partial }, [shares, 1]);
  commands.dispatch(magnitudeProgram, { elements: shares, factor: 1 }, { x: partial, result }, [1, 1]);
  queue.buffers.release(partial);
  return result;
}
