import { afterEach, describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { random } from "../../src/model/random.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { openTraining, type TaskResult, type TrainingEvent } from "../../src/simulation/train.js";
import type { StimulusSource } from "../../src/streams/stimulus.js";
import { errorOf, rejectionOf } from "../error-of.js";
import { temporaryFolder } from "../temporary-folder.js";
import { imageRun, trainingOf, trainOn, twoTaskRun, writeTwoSets } from "./small-runs.js";

const folder = temporaryFolder();
writeTwoSets(folder);

const short = { kind: "phased", epochs: 1 } as const;

const opened: Kernels[] = [];
afterEach(() => {
  for (const kernels of opened.splice(0)) kernels.close();
});
async function open(backend = "reference"): Promise<Kernels> {
  const kernels = await openKernels(backend);
  opened.push(kernels);
  return kernels;
}

/** The loss falls, and the test set, never trained on, is told far above chance (10 %). */
function expectLearned(results: readonly (TaskResult | undefined)[], over: number): void {
  const first = results.at(0)!;
  const last = results.at(-1)!;
  expect(last.trainLoss).toBeLessThan(first.trainLoss!);
  expect(last.testLoss).toBeLessThan(first.testLoss!);
  expect(last.trainAccuracy).toBeGreaterThan(over);
  expect(last.testAccuracy).toBeGreaterThan(over);
  for (const { trainAccuracy, testAccuracy } of results as TaskResult[]) {
    expect(trainAccuracy).toBeLessThanOrEqual(100);
    expect(testAccuracy).toBeLessThanOrEqual(100);
  }
}

describe("training", () => {
  it.each([
    ["reference", "STE", 60],
    ["reference", "EPE", 40],
    ["wasm", "STE", 60],
  ])("on %s with %s learns images it has not seen", async (backend, rule, over) => {
    const training = trainingOf(await open(backend), { ...imageRun, rule }, folder);
    const { epochs } = await trainOn(training);
    expect(epochs).toHaveLength(4);
    expectLearned(
      epochs.map(({ mnist }) => mnist),
      over,
    );
    training.close();
  });

  it("learns gabor patches, which are generated", async () => {
    const value = {
      network: { preset: "chain", neurons: 64, inputs: 1024, outputs: 2, task: "gabor" },
      batch: 25,
      optimiser: { kind: "adam", learningRate: 0.01 },
      schedule: { kind: "phased", epochs: 8 },
      stimuli: { gabor: { source: "gabor", trainingImages: 200, testImages: 100 } },
    };
    const training = trainingOf(await open(), value, folder);
    const { epochs } = await trainOn(training);
    expectLearned(
      epochs.map(({ gabor }) => gabor),
      90,
    );
    training.close();
  });

  it.each(["simultaneous", "alternating"] as const)("learns two tasks, %s", async (tasks) => {
    const value = { ...twoTaskRun, schedule: { kind: "phased", epochs: 6, tasks } };
    const training = trainingOf(await open(), value, folder);
    const { epochs, batches } = await trainOn(training);
    // 230 and 170 images by 20: at once as many as the longer pass, else a pass of each
    expect(batches).toBe(6 * (tasks === "simultaneous" ? 12 : 12 + 9));
    expectLearned(
      epochs.map(({ mnist }) => mnist),
      40,
    );
    expectLearned(
      epochs.map((results) => results["fashion-mnist"]),
      40,
    );
    training.close();
  });

  it("learns vectors, whose score is their error", async () => {
    const value = {
      network: {
        modules: { m1: { neurons: 32 } },
        inputs: { x: 6 },
        forward: [{ source: "x", target: "m1.RI" }],
        errorPathways: [{ source: "error(out)", target: "m1.RE" }],
        readouts: { out: { size: 3, sources: ["m1.SI"], nonlinearity: "linear" } },
        tasks: { map: { input: "x", readout: "out", target: "vector" } },
      },
      batch: 16,
      optimiser: { kind: "adam", learningRate: 0.01 },
      schedule: { kind: "phased", epochs: 30 },
    };
    const run = resolveRun(value, new Set(["map"]));
    const training = openTraining(await open(), run, new Map([["map", linearMap]]));
    const { epochs } = await trainOn(training);
    const results = epochs.map(({ map }) => map);
    expect(results.every((result) => result?.trainAccuracy === null && result?.testAccuracy === null)).toBe(
      true,
    );
    expect(results.at(-1)!.testLoss).toBeLessThan(results[0]!.testLoss! / 2);
    training.close();
  });

  it("tells every batch and every test batch in order, with the epoch they belong to", async () => {
    const training = trainingOf(
      await open(),
      { ...imageRun, schedule: { kind: "phased", epochs: 2 } },
      folder,
    );
    const told: string[] = [];
    const tell = (event: TrainingEvent) =>
      event.kind === "epoch"
        ? `epoch ${event.epoch}`
        : `${event.kind} ${event.epoch}: ${event.batch}/${event.batches}`;
    for await (const event of training.epochs()) told.push(tell(event));
    const epoch = (number: number) => [
      ...Array.from({ length: 12 }, (_, i) => `batch ${number}: ${i + 1}/12`),
      ...Array.from({ length: 3 }, (_, i) => `test ${number}: ${i + 1}/3`),
      `epoch ${number}`,
    ];
    expect(told).toEqual([...epoch(1), ...epoch(2)]);
    expect(training.progress).toEqual({ epoch: 2, batch: 0, sums: {}, iterations: {} });
    training.close();
  });

  it("ends phases by a tolerance, and tells how many iterations modules made", async () => {
    const kernels = await open();
    const iterationsOf = async (iterations: object) => {
      const training = trainingOf(kernels, { ...imageRun, schedule: short, iterations }, folder);
      const told: unknown[] = [];
      for await (const event of training.epochs()) if (event.kind === "epoch") told.push(event.iterations);
      training.close();
      expect(kernels.live()).toBe(0);
      return told;
    };
    expect(await iterationsOf({ inference: 9, learning: 7 })).toEqual([null]);
    // nothing ends early at a tolerance of 0 unless it rests, and everything does at 1
    expect(await iterationsOf({ inference: 3, learning: 2, tolerance: 0 })).toEqual([
      { inference: 3, learning: 2 },
    ]);
    expect(await iterationsOf({ tolerance: 1 })).toEqual([{ inference: 1, learning: 1 }]);
    const [{ inference, learning }] = (await iterationsOf({
      inference: 50,
      learning: 50,
      tolerance: 1e-3,
    })) as Record<string, number>[];
    for (const mean of [inference, learning]) {
      expect(mean).toBeGreaterThan(2);
      expect(mean).toBeLessThan(50);
    }
  });

  it("lets the thread do other work after every batch, as hear that it should stop", async () => {
    const training = trainingOf(
      await open(),
      { ...imageRun, schedule: { kind: "phased", epochs: 1000 } },
      folder,
    );
    const stop = new AbortController();
    let batches = 0;
    for await (const { kind } of training.epochs(stop.signal)) {
      if (kind === "batch") batches += 1;
      if (batches === 3) setImmediate(() => stop.abort());
    }
    expect(batches).toBeLessThanOrEqual(4);
    training.close();
  });

  it("follows from the seed alone", async () => {
    const lossOf = async (seed: number) => {
      const training = trainingOf(
        await open(),
        { ...imageRun, seed, schedule: { kind: "phased", epochs: 1 } },
        folder,
      );
      const { epochs } = await trainOn(training);
      training.close();
      return epochs[0].mnist.trainLoss;
    };
    expect(await lossOf(3)).toBe(await lossOf(3));
    expect(await lossOf(4)).not.toBe(await lossOf(3));
  });

  it("leaves no handles behind, and none pile up", async () => {
    const kernels = await open();
    const training = trainingOf(kernels, twoTaskRun, folder);
    const live: number[] = [];
    for await (const event of training.epochs()) if (event.kind === "epoch") live.push(kernels.live());
    expect(new Set(live).size).toBe(1);
    training.close();
    expect(kernels.live()).toBe(0);
  });

  it("stops with a reason when the loss is no number any more", async () => {
    const value = {
      ...imageRun,
      network: { preset: "chain", neurons: 48, task: "mnist", activation: "linear", spectralRadius: 20 },
      optimiser: { kind: "sgd", learningRate: 1000 },
      iterations: { inference: 100, learning: 100 },
    };
    const training = trainingOf(await open(), value, folder);
    const error = await rejectionOf(trainOn(training));
    expect(error.code).toBe("NOT_FINITE");
    expect(error.message).toMatch(/epoch 1, batch \d+; lower optimiser\.learningRate/);
    training.close();
  });

  it("is refused to a continuous run, and to stimuli without end", async () => {
    const kernels = await open();
    const continuous = { ...imageRun, rule: "EPE", schedule: { kind: "continuous" } };
    expect(errorOf(() => trainingOf(kernels, continuous, folder)).message).toMatch(
      /^run\.schedule\.kind: .*"phased".*eddy run/,
    );
    const endless = {
      network: { preset: "chain", neurons: 16, inputs: 1024, outputs: 2, task: "gabor" },
      stimuli: { gabor: { source: "gabor" } },
    };
    expect(errorOf(() => trainingOf(kernels, endless, folder)).message).toMatch(
      /^stimuli\.gabor\.trainingImages: /,
    );
    expect(kernels.live()).toBe(0);
  });

  it("is refused to stimuli that the network has no room for", async () => {
    const kernels = await open();
    const inputs = { ...imageRun, network: { preset: "chain", neurons: 16, inputs: 100, task: "mnist" } };
    expect(errorOf(() => trainingOf(kernels, inputs, folder)).message).toMatch(
      /^network\.inputs\.x: given 100, needed 784/,
    );
    const outputs = { ...imageRun, network: { preset: "chain", neurons: 16, outputs: 2, task: "mnist" } };
    expect(errorOf(() => trainingOf(kernels, outputs, folder)).message).toMatch(
      /^network\.readouts\.out\.size: given 2, needed 10/,
    );
  });
});

/** Three sums of six numbers, drawn by their own number. */
const linearMap: StimulusSource = {
  name: "map",
  size: 6,
  outputs: 3,
  training: examples("training", 160),
  test: examples("test", 40),
};

function examples(half: string, length: number): StimulusSource["training"] {
  return {
    length,
    take(first, count) {
      const input = new Float32Array(6 * count);
      const target = new Float32Array(3 * count);
      for (let i = 0; i < count; i++) {
        const source = random(1, `${half} ${(first + i) % length}`);
        for (let j = 0; j < 6; j++) input[6 * i + j] = source.uniform(-1, 1);
        for (let j = 0; j < 3; j++) target[3 * i + j] = (input[6 * i + j] - input[6 * i + j + 3]) / 4;
      }
      return { input, target };
    },
  };
}
