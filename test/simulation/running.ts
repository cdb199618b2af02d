import { afterEach } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { localSimulation } from "../../src/simulation/local-simulation.js";
import type { SimulationOptions } from "../../src/simulation/open-options.js";
import { endlessDoors, openStimuli } from "../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import type { Frame, Simulation, Watch } from "../../src/simulation/simulation.js";

/** A small live scene: inference 6 ticks, learning 4; a state has 32 units, the readout 2. */
export const scene = {
  name: "small scene",
  network: { preset: "chain", modules: 2, neurons: 32, inputs: 1024, outputs: 2, task: "gabor" },
  batch: 3,
  tickMs: 2,
  schedule: { kind: "continuous", ticks: { inference: 6, learning: 4 } },
  stimuli: { gabor: { source: "gabor" } },
} as const;

export interface Running {
  readonly simulation: Simulation;
  readonly kernels: Kernels;
  /** all frames so far */
  readonly frames: Frame[];
  /** resolves when the frames end, rejects with their failure */
  readonly ended: Promise<void>;
  /** Watches, and gives the frames of the watch so far. */
  watch(watch: Partial<Watch> & { topic: string }): Promise<{ readonly handle: number; frames(): Frame[] }>;
  /** Makes so many ticks, and waits until their frames are there. */
  step(ticks: number): Promise<void>;
}

const opened: Running[] = [];
afterEach(async () => {
  for (const { simulation, kernels, ended } of opened.splice(0)) {
    await simulation.close();
    await ended.catch(() => {});
    kernels.close();
  }
});

/** Waits until a condition holds; the test's own time limit is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Runs a scene in this thread; it begins paused. */
export async function running(
  value: unknown = scene,
  options: Partial<SimulationOptions> = {},
  backend = "reference",
): Promise<Running> {
  const run = resolveRun(value);
  const doors = endlessDoors(run, openStimuli(run, ""));
  const kernels = await openKernels(backend);
  const simulation = localSimulation(kernels, run, doors, {
    ticksPerSecond: null,
    ticks: null,
    paused: true,
    ...options,
  });
  const frames: Frame[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    simulation.frames.subscribe({ next: (frame) => frames.push(frame), complete: resolve, error: reject });
  });
  ended.catch(() => {});
  const result: Running = {
    simulation,
    kernels,
    frames,
    ended,
    async watch(watch) {
      const handle = await simulation.watch({ every: 1, ...watch });
      return { handle, frames: () => frames.filter((frame) => frame.watch === handle) };
    },
    async step(ticks) {
      const target = simulation.status().tick + ticks;
      await simulation.command({ kind: "step", ticks });
      await until(() => simulation.status().tick === target);
      // reads of the reference backend are done within a turn of the event loop
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  opened.push(result);
  return result;
}
