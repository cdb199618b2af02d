import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EddyError } from "../../../src/errors.js";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels, Tensor } from "../../../src/kernels/kernels.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { described, findAdapter, webgpuAdapter } from "../../../src/kernels/webgpu/adapter.js";
import { Gpu, sharedGpu } from "../../../src/kernels/webgpu/gpu.js";
import { kernelsOn } from "../../../src/kernels/webgpu/webgpu-kernels.js";
import { expectClose } from "../closeness.js";
import { noDevice } from "./open-device.js";

const dense = { few: -1, many: -1 };

const numbers = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(step * (index + 1)));

/** A step with an upload, settling, learning and a read, all of whose tensors it disposes of. */
async function step(kernels: Kernels, batch: number, weights: Tensor): Promise<Tensor> {
  const neurons = 40;
  const matrix = kernels.matrix(sparseWeights(numbers(neurons ** 2, 0.3), neurons));
  const drive = kernels.tensor(numbers(batch * neurons, 0.7), [batch, neurons]);
  const [settled] = kernels.settle([
    { matrix, activation: "tanh", from: "zero", drive, iterations: 5, tolerance: 0.01 },
  ]);
  const error = kernels.difference(settled.state, drive);
  const learned = kernels.learn({
    terms: [{ source: settled.state, block: [0, 40], error, errorBlock: [0, 40], scale: 1 }],
    weights,
    moments: null,
    optimiser: { kind: "sgd", learningRate: 1e-4 },
  });
  await kernels.read(settled.report!);
  for (const used of [matrix, drive, settled.state, settled.report!, error]) kernels.dispose(used);
  return learned.weights;
}

const refusal = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return null;
};

describe.skipIf(noDevice)(`webgpu on its device ${noDevice ? `(${noDevice})` : ""}`, () => {
  it("says what it runs on", async () => {
    const { description, software } = await webgpuAdapter();
    expect(description.length).toBeGreaterThan(3);
    expect(software).toBe(/llvmpipe|swiftshader/i.test(description));
  });

  it("computes f of any number, to 1e-6, and keeps what is none", async () => {
    const kernels = await openKernels("webgpu");
    const u = Float32Array.from({ length: 4001 }, (_, index) => (index - 2000) / 150);
    const given = Float32Array.of(...u, 1e-30, 88, -88, 1e4, -1e4, 3e38, -3e38);
    const matrix = kernels.matrix(sparseWeights(new Float32Array(given.length ** 2), given.length));
    const drive = kernels.tensor(given, [1, given.length]);
    for (const [activation, f] of [
      ["tanh", Math.tanh],
      ["sigmoid", (x: number) => 1 / (1 + Math.exp(-x))],
    ] as const) {
      const [{ state }] = kernels.settle([{ matrix, activation, from: "zero", drive, iterations: 1 }]);
      expectClose(activation, await kernels.read(state), Float32Array.from(given, f), 1e-6);
    }
    const lost = kernels.tensor(new Float32Array(given.length).fill(Number.NaN), [1, given.length]);
    for (const activation of ["tanh", "sigmoid", "relu", "relu6", "hardSigmoid", "linear"] as const) {
      const [{ state }] = kernels.settle([{ matrix, activation, from: "zero", drive: lost, iterations: 1 }]);
      expect((await kernels.read(state)).every(Number.isNaN), activation).toBe(true);
    }
    kernels.close();
  });

  it("allocates nothing in a steady state", async () => {
    const { kernels, queue } = kernelsOn(await sharedGpu(), dense);
    let weights = kernels.tensor(new Float32Array(1600), [40, 40]);
    for (let warmUp = 0; warmUp < 3; warmUp++) weights = await step(kernels, 3, weights);
    const { alive } = queue.buffers;
    for (let made = 0; made < 300; made++) weights = await step(kernels, 3, weights);
    expect(queue.buffers.alive).toBe(alive);
    kernels.close();
    expect(queue.buffers.alive).toBe(0);
  });

  it("keeps several backends apart, and reads that end after one is closed", async () => {
    const opened = await Promise.all([1, 2, 3].map(() => openKernels("webgpu")));
    const tensors = opened.map((kernels, index) => kernels.tensor(Float32Array.of(index, 1), [2]));
    const reading = opened.map((kernels, index) =>
      kernels.read(kernels.difference(tensors[index], tensors[index])),
    );
    const late = opened[0].read(tensors[0]);
    opened[0].close();
    for (const read of reading) expect([...(await read)]).toEqual([0, 0]);
    expect([...(await late)]).toEqual([0, 1]);
    expect(() => opened[0].drive({ batch: 1, units: 1, terms: [] })).toThrow("invariant");
    await expect(opened[1].read(tensors[2])).rejects.toThrow("invariant");
    expect([...(await opened[2].read(tensors[2]))]).toEqual([2, 1]);
    for (const kernels of opened.slice(1)) kernels.close();
  });

  it("does many steps in one run before anything is read", async () => {
    const { kernels } = kernelsOn(await sharedGpu(), dense);
    let sum = kernels.tensor(new Float32Array(8), [2, 4]);
    const one = kernels.tensor(new Float32Array(8).fill(-1), [2, 4]);
    for (let made = 0; made < 1000; made++) {
      const next = kernels.difference(sum, one);
      // an upload between: it must not overtake the work that still reads its buffer
      kernels.dispose(kernels.tensor(new Float32Array(8).fill(made), [2, 4]));
      kernels.dispose(sum);
      sum = next;
    }
    expect([...(await kernels.read(sum))]).toEqual(Array(8).fill(1000));
    kernels.close();
  });

  it("refuses a tensor that the device has no room for", async (context) => {
    const gpu = await sharedGpu();
    if (gpu.largestBuffer > 2 ** 29) context.skip("this device has room for what a test may ask for");
    const { kernels } = kernelsOn(gpu, dense);
    const length = gpu.largestBuffer / 4 + 1;
    const error = refusal(() => kernels.tensor(new Float32Array(length), [length]));
    expect(error).toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect((error as Error).message).toMatch(/bytes was asked for, .* allows \d+; take fewer/);
    kernels.close();
  });

  it("knows an adapter that is none of hardware", async () => {
    expect(described(await findAdapter(["backend=null"])).software).toBe(true);
  });
});

describe.skipIf(noDevice)(`webgpu after its device is lost ${noDevice ? `(${noDevice})` : ""}`, () => {
  let gpu: Gpu;
  let kernels: Kernels;
  let tensor: Tensor;
  let pending: Promise<unknown>;

  beforeAll(async () => {
    gpu = await Gpu.open();
    ({ kernels } = kernelsOn(gpu, dense));
    tensor = kernels.tensor(new Float32Array(6), [2, 3]);
    pending = kernels.read(tensor).then(
      () => "was read",
      (error) => error.code,
    );
    gpu.device.destroy();
  });

  afterAll(() => {
    kernels.close();
    expect(kernels.live()).toBe(0);
  });

  it("ends the reads that were under way", async () => {
    expect(["was read", "DEVICE_LOST"]).toContain(await pending);
  });

  it("refuses what comes after, by name", async () => {
    await gpu.device.lost;
    const matrix = () => kernels.matrix(sparseWeights(new Float32Array(4), 2));
    const calls = [
      matrix,
      () => kernels.difference(tensor, tensor),
      () => kernels.tensor(new Float32Array(1), [1]),
      () => kernels.drive({ batch: 1, units: 1, terms: [] }),
      () => kernels.meanMagnitude(tensor),
    ];
    for (const call of calls) {
      const error = refusal(call);
      expect(error).toBeInstanceOf(EddyError);
      expect(error).toMatchObject({ code: "DEVICE_LOST" });
      expect((error as Error).message).toMatch(
        /^backend "webgpu": .* was lost \(.*\); open the backend again/,
      );
    }
    await expect(kernels.read(tensor)).rejects.toMatchObject({ code: "DEVICE_LOST" });
  });

  it("ends a device that is out of memory, with all kernels on it, and opens a new one", async () => {
    const shared = await sharedGpu();
    const [one, other] = [1, 2].map(() => kernelsOn(shared, dense).kernels);
    const { GPUOutOfMemoryError } = (await import("webgpu")).globals as {
      GPUOutOfMemoryError: typeof globalThis.GPUOutOfMemoryError;
    };
    const event = Object.assign(new Event("uncapturederror", { cancelable: true }), {
      error: new GPUOutOfMemoryError("no room for a buffer"),
    });
    shared.device.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
    const again = await openKernels("webgpu");
    await shared.device.lost;
    for (const kernels of [one, other]) {
      const refused = refusal(() => kernels.tensor(new Float32Array(1), [1]));
      expect(refused).toMatchObject({
        code: "LIMIT_EXCEEDED",
        message: expect.stringMatching(/is out of memory \(no room for a buffer\); take fewer neurons/),
      });
      expect(await kernels.lost).toBe(refused);
      kernels.close();
    }
    expect([...(await again.read(again.tensor(Float32Array.of(3), [1])))]).toEqual([3]);
    again.close();
  });

  it("opens again on a new device", async () => {
    (await sharedGpu()).device.destroy();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const again = await openKernels("webgpu");
    expect([...(await again.read(again.tensor(Float32Array.of(3), [1])))]).toEqual([3]);
    again.close();
  });
});
