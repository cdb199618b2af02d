import type { SettleRequest } from "../kernels.js";
import { type SparseWeights, sparseWeights } from "../sparse-weights.js";
import type { Slot } from "./buffers.js";
import type { Gpu } from "./gpu.js";
import { type Form, releaseMatrix, type SparseUpTo, uploadMatrix } from "./matrix.js";
import { Queue } from "./queue.js";
import { Settling } from "./settle.js";

/** Share of entries that are not zero while measuring: near where the forms cost the same. */
const share = 0.2;

/** Least duration of what is timed: short against it is what a submission itself takes. */
const leastMilliseconds = 4;

const iterationsMax = 64;

/** A matrix whose entries lie evenly, without a generator of random numbers: W[i, j] by a fixed mixing of i and j. */
function evenMatrix(neurons: number): SparseWeights {
  const data = new Float32Array(neurons * neurons);
  for (let at = 0; at < data.length; at++) {
    const mixed = Math.imul(at ^ (at >>> 15), 0x9e3779b1) >>> 0;
    if (mixed < share * 2 ** 32) data[at] = 1e-3;
  }
  return sparseWeights(data, neurons);
}

/** Milliseconds that one iteration takes, least of three. */
async function timeOf(queue: Queue, weights: SparseWeights, rows: number, form: Form): Promise<number> {
  const upTo = form === "sparse" ? 1 : 0;
  const matrix = uploadMatrix(queue, weights, { few: upTo, many: upTo });
  const { neurons } = weights;
  const drive = queue.lend(rows * neurons);
  queue.commands.clear(drive);
  const run = async (iterations: number): Promise<number> => {
    await queue.gpu.device.queue.onSubmittedWorkDone();
    const begin = performance.now();
    const state = settleOnce(queue, rows, iterations, { matrix, drive });
    queue.commands.flush();
    await queue.gpu.device.queue.onSubmittedWorkDone();
    queue.buffers.release(state);
    return (performance.now() - begin) / iterations;
  };
  // compiles
  await run(1);
  const iterations = Math.min(iterationsMax, Math.max(1, Math.ceil(leastMilliseconds / (await run(1)))));
  const times = [await run(iterations), await run(iterations), await run(iterations)];
  queue.buffers.release(drive);
  releaseMatrix(queue, matrix);
  return Math.min(...times);
}

function settleOnce(
  queue: Queue,
  rows: number,
  iterations: number,
  { matrix, drive }: { matrix: ReturnType<typeof uploadMatrix>; drive: Slot },
): Slot {
  const { neurons } = matrix;
  const handle = { shape: [rows, neurons] };
  const request: SettleRequest = {
    matrix,
    activation: "tanh",
    from: handle,
    drive: handle,
    iterations,
  };
  const settling = new Settling(queue, request, { matrix, bias: null, from: drive, drive, remembered: null });
  for (let iteration = 0; iteration < iterations; iteration++) settling.iterate(iteration);
  return settling.end().state;
}

/**
 * Measures on the device up to which share of entries a recurrent matrix is better off sparse: a dense iteration costs
 * the same whatever the share, a sparse one in proportion to it, so one time of each says where they cross. For few
 * rows and for many, since the two have programs of their own. On a CPU smaller matrices do, and take long enough.
 */
export async function calibrate(gpu: Gpu): Promise<SparseUpTo> {
  const queue = new Queue(gpu);
  const { software } = gpu.adapter;
  const neurons = software ? 512 : 2048;
  const weights = evenMatrix(neurons);
  const crossing = async (rows: number): Promise<number> => {
    const dense = await timeOf(queue, weights, rows, "dense");
    const sparse = await timeOf(queue, weights, rows, "sparse");
    return Math.min(1, (share * dense) / sparse);
  };
  const few = await crossing(1);
  const many = await crossing(software ? 32 : 512);
  queue.close();
  gpu.check();
  return { few, many };
}
