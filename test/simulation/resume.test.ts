import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { chain } from "../../src/model/presets.js";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../../src/simulation/checkpoint.js";
import type { RunInput } from "../../src/simulation/run-description.js";
import { errorOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";
import { imageRun, trainingOf, trainOn, twoTaskRun, writeTwoSets } from "./small-runs.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const adam = { kind: "adam", learningRate: 0.01 } as const;
const sgd = { kind: "sgd", learningRate: 0.05 } as const;
const short = (tasks: "simultaneous" | "alternating" | "sequential" = "simultaneous") =>
  ({ kind: "phased", epochs: 2, tasks }) as const;

const tiny: RunInput = { ...twoTaskRun, network: { preset: "shared-feedback", neurons: 24 } };

/** Layers without recurrence. */
const layers: RunInput = {
  ...imageRun,
  network: { preset: "feedforward", modules: 2, neurons: 24, task: "mnist", feedback: "transposed" },
  rule: "BP",
};

/** Trains with stops; at each of them everything goes through a file and a fresh backend. */
async function trainInParts(backend: string, value: RunInput, stops: readonly number[]) {
  let from: Checkpoint | null = null;
  const epochs = [];
  for (const stopAfter of [...stops, Number.POSITIVE_INFINITY]) {
    const kernels: Kernels = await openKernels(backend);
    const training = trainingOf(kernels, value, folder, from);
    const part = await trainOn(training, stopAfter);
    epochs.push(...part.epochs);
    const file = join(folder, "parts.json");
    await writeCheckpoint(file, await training.checkpoint());
    from = await readCheckpoint(file);
    training.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  }
  return { epochs, checkpoint: from! };
}

/** Bit by bit. */
function expectSame(given: Checkpoint, wanted: Checkpoint): void {
  expect(given.progress).toEqual(wanted.progress);
  expect([...given.snapshot.tensors.keys()]).toEqual([...wanted.snapshot.tensors.keys()]);
  for (const [name, { shape, data }] of wanted.snapshot.tensors) {
    const tensor = given.snapshot.tensors.get(name)!;
    expect(tensor.shape).toEqual(shape);
    expect(Buffer.compare(bytesOf(tensor.data), bytesOf(data)), name).toBe(0);
  }
  expect({ ...given.snapshot.scalars, tick: 0 }).toEqual({ ...wanted.snapshot.scalars, tick: 0 });
}

const bytesOf = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const approximated = {
  ...imageRun,
  optimiser: adam,
  schedule: short(),
  iterations: { tolerance: 0.01 },
  propagation: { epsilon: 1e-3 },
};

const equilibrium: RunInput = {
  ...imageRun,
  network: { preset: "equilibrium", neurons: 20, task: "mnist" },
  rule: "EP",
  iterations: { inference: 6, learning: 3 },
  optimiser: sgd,
  schedule: short(),
};

/** The first module learns its W and b, the second its b. */
const recurrent = {
  ...imageRun,
  network: {
    ...chain({ modules: 2, neurons: 32, task: "mnist" }),
    modules: {
      m1: { neurons: 32, learning: { W: 0.3, b: 1 } },
      m2: { neurons: 32, learning: { b: 0.1 } },
    },
  },
  optimiser: adam,
  schedule: short(),
};

describe("training that was stopped and resumed", () => {
  it.each([
    ["reference", "adam, two tasks at once", { ...tiny, optimiser: adam, schedule: short() }, 4],
    ["reference", "sgd, EPE", { ...imageRun, rule: "EPE", optimiser: sgd, schedule: short() }, 4],
    ["reference", "adam, alternating tasks", { ...tiny, optimiser: adam, schedule: short("alternating") }, 4],
    [
      "reference",
      "adam, a task after the other",
      { ...tiny, optimiser: adam, schedule: short("sequential") },
      4,
    ],
    ["reference", "backpropagation", { ...layers, optimiser: adam, schedule: short() }, 3],
    ["simd", "backpropagation", { ...layers, optimiser: adam, schedule: short() }, 3],
    ["reference", "phases that end by a tolerance, and changes alone", approximated, 3],
    ["simd", "equilibrium propagation, whose sign of beta is drawn", equilibrium, 3],
    ["reference", "modules that learn W and b", recurrent, 3],
    ["simd", "modules that learn W and b", recurrent, 3],
    ["wasm", "modules that learn W and b", { ...recurrent, optimiser: sgd }, 3],
    ["simd", "adam", { ...imageRun, optimiser: adam, schedule: short() }, 3],
    ["simd", "phases that end by a tolerance, and changes alone", approximated, 3],
    ["wasm", "adam", { ...imageRun, optimiser: adam, schedule: short() }, 3],
    ["wasm", "sgd", { ...imageRun, optimiser: sgd, schedule: short() }, 3],
  ] as const)(
    "on %s has the weights, to the bit, of one that never was: %s",
    async (backend, _what, value, numRuns) => {
      const whole = await trainInParts(backend, value, []);
      const stops = fc.array(fc.integer({ min: 0, max: 14 }), { minLength: 1, maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(stops, async (batches) => {
          const parts = await trainInParts(backend, value, batches);
          expectSame(parts.checkpoint, whole.checkpoint);
          expect(parts.epochs).toEqual(whole.epochs);
        }),
        { numRuns },
      );
    },
  );

  it("goes on when it was stopped while testing, and tests again", async () => {
    const kernels = await openKernels("reference");
    const whole = trainingOf(kernels, { ...imageRun, schedule: short() }, folder);
    const { epochs } = await trainOn(whole);
    const stopped = trainingOf(kernels, { ...imageRun, schedule: short() }, folder);
    const stop = new AbortController();
    for await (const event of stopped.epochs(stop.signal)) if (event.kind === "test") stop.abort();
    expect(stopped.progress).toMatchObject({ epoch: 0, batch: 12 });
    const resumed = trainingOf(
      kernels,
      { ...imageRun, schedule: short() },
      folder,
      await stopped.checkpoint(),
    );
    expect((await trainOn(resumed)).epochs).toEqual(epochs);
    expectSame(await resumed.checkpoint(), await whole.checkpoint());
    for (const training of [whole, stopped, resumed]) training.close();
    expect(kernels.live()).toBe(0);
  });

  it("makes no batch once its signal has said stop", async () => {
    const kernels = await openKernels("reference");
    const training = trainingOf(kernels, imageRun, folder);
    const told = await trainOn(training, 0);
    expect(told).toEqual({ epochs: [], batches: 0 });
    expect(training.progress).toEqual({ epoch: 0, batch: 0, sums: {}, iterations: {} });
    training.close();
  });

  it("goes on for more epochs than were planned", async () => {
    const two = await trainInParts("reference", { ...imageRun, schedule: short() }, []);
    const kernels = await openKernels("reference");
    const planned = trainingOf(kernels, imageRun, folder);
    const whole = await trainOn(planned);
    const longer = trainingOf(kernels, imageRun, folder, two.checkpoint);
    const rest = await trainOn(longer);
    expect(rest.epochs).toEqual(whole.epochs.slice(2));
    for (const training of [planned, longer]) training.close();
  });

  it("is refused a checkpoint of another network", async () => {
    const kernels = await openKernels("reference");
    const training = trainingOf(kernels, imageRun, folder);
    const checkpoint = await training.checkpoint();
    training.close();
    const larger = { ...imageRun, network: { preset: "chain", neurons: 48, task: "mnist" } };
    const longer = { ...imageRun, network: { preset: "chain", modules: 3, neurons: 64, task: "mnist" } };
    for (const other of [larger, longer]) {
      const error = errorOf(() => trainingOf(kernels, other, folder, checkpoint));
      expect(error.code).toBe("CHECKPOINT_MISMATCH");
    }
  });
});
