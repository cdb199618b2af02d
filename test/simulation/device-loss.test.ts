import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { Gpu } from "../../src/kernels/webgpu/gpu.js";
import { kernelsOn } from "../../src/kernels/webgpu/webgpu-kernels.js";
import { localSimulation } from "../../src/simulation/local-simulation.js";
import { endlessDoors, openStimuli } from "../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { openTraining } from "../../src/simulation/train.js";
import { noDevice } from "../kernels/webgpu/open-device.js";
import { scene } from "./running.js";

/** Kernels on a device of their own, which may be lost. */
async function onOwnDevice(): Promise<{ readonly kernels: Kernels; lose(): Promise<unknown> }> {
  const gpu = await Gpu.open();
  const { kernels } = kernelsOn(gpu, { few: -1, many: -1 });
  return {
    kernels,
    lose() {
      gpu.device.destroy();
      return gpu.device.lost;
    },
  };
}

describe.skipIf(noDevice)(`when a device is lost ${noDevice ? `(${noDevice})` : ""}`, () => {
  it("the frames of a simulation err with it at once, though it is paused", async () => {
    const { kernels, lose } = await onOwnDevice();
    const run = resolveRun(scene);
    const doors = endlessDoors(run, openStimuli(run, ""));
    const options = { ticksPerSecond: null, ticks: null, paused: true };
    const simulation = localSimulation(kernels, run, doors, options);
    const ended = new Promise((resolve) => {
      simulation.frames.subscribe({ error: resolve, complete: () => resolve("completed") });
    });
    await lose();
    expect(await ended).toMatchObject({ code: "DEVICE_LOST" });
    await expect(simulation.command({ kind: "resume" })).rejects.toMatchObject({ code: "SIMULATION_ENDED" });
    await simulation.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("training rejects with it at the next batch", async () => {
    const { kernels, lose } = await onOwnDevice();
    const run = resolveRun({
      ...scene,
      batch: 5,
      schedule: { kind: "phased", epochs: 1 },
      stimuli: { gabor: { source: "gabor", trainingImages: 20 } },
    });
    const training = openTraining(kernels, run, openStimuli(run, ""));
    const events = training.epochs();
    expect((await events.next()).value).toMatchObject({ kind: "batch", batch: 1 });
    await lose();
    await expect(events.next()).rejects.toMatchObject({ code: "DEVICE_LOST" });
    training.close();
    kernels.close();
  });

  it("kernels that were closed before hear nothing, and those that come after hear it at once", async () => {
    const gpu = await Gpu.open();
    const [closed, open] = [1, 2].map(() => kernelsOn(gpu, { few: -1, many: -1 }).kernels);
    closed.close();
    gpu.device.destroy();
    const error = await open.lost;
    expect(error).toMatchObject({ code: "DEVICE_LOST" });
    const late = kernelsOn(gpu, { few: -1, many: -1 }).kernels;
    expect(await late.lost).toBe(error);
    expect(await Promise.race([closed.lost, Promise.resolve("nothing")])).toBe("nothing");
    for (const kernels of [open, late]) kernels.close();
  });
});
