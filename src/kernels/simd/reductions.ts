import type { SampleRequest } from "../kernels.js";
import { leastProbability, sizeOf } from "../shapes.js";
import type { Content, Contents } from "./content.js";

/** Reads single numbers of a [batch, units] tensor as it lies. */
function readerOf(contents: Contents, content: Content): (row: number, unit: number) => number {
  const { numbers } = contents.arena;
  const [batch, units] = content.shape;
  if (content.rows !== 0) {
    const first = content.rows >>> 2;
    return (row, unit) => numbers[first + row * units + unit];
  }
  const first = content.tiles >>> 2;
  const { lanes } = contents.layout(batch);
  return (row, unit) => {
    const lane = row % lanes;
    return numbers[first + (row - lane) * units + unit * lanes + lane];
  };
}

/** @returns cross-entropy summed over the batch (nats), and how many outputs have their largest value where the target has */
export function score(contents: Contents, output: Content, target: Content): Float32Array {
  const [batch, size] = output.shape;
  const given = readerOf(contents, output);
  const wanted = readerOf(contents, target);
  let entropy = 0;
  let right = 0;
  for (let row = 0; row < batch; row++) {
    let best = 0;
    let truth = 0;
    for (let unit = 0; unit < size; unit++) {
      const share = wanted(row, unit);
      if (share !== 0) entropy -= share * Math.log(Math.max(given(row, unit), leastProbability));
      if (given(row, unit) > given(row, best)) best = unit;
      if (share > wanted(row, truth)) truth = unit;
    }
    if (best === truth) right++;
  }
  return Float32Array.of(entropy, right);
}

/** Units [start, end), every n-th, of one row or of the mean over all rows. */
export function sample(
  contents: Contents,
  content: Content,
  { row, units, every }: Omit<SampleRequest, "tensor">,
): Float32Array {
  const [start, end] = units;
  const [batch] = content.shape;
  const given = readerOf(contents, content);
  const result = new Float32Array(Math.ceil((end - start) / every));
  for (let index = 0; index < result.length; index++) {
    const unit = start + index * every;
    if (row === "mean") {
      let sum = 0;
      for (let k = 0; k < batch; k++) sum += given(k, unit);
      result[index] = sum / batch;
    } else {
      result[index] = given(row, unit);
    }
  }
  return result;
}

/** Mean of |x|, summed row by row; of nothing it is 0. */
export function meanMagnitude(contents: Contents, content: Content): number {
  const size = sizeOf(content.shape);
  if (size === 0) return 0;
  let sum = 0;
  if (content.rows !== 0) {
    for (const value of contents.numbersOf(content)) sum += Math.abs(value);
    return sum / size;
  }
  const [batch, units] = content.shape;
  const given = readerOf(contents, content);
  for (let row = 0; row < batch; row++)
    for (let unit = 0; unit < units; unit++) sum += Math.abs(given(row, unit));
  return sum / size;
}
