import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { errorPerturbedError } from "../../src/model/adjoint-propagation.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import { biasName } from "../../src/model/network.js";
import { chain } from "../../src/model/presets.js";
import { trialSteps } from "../../src/simulation/bench/trial-steps.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { timedWork } from "../../src/simulation/timed-work.js";
import { scene } from "./running.js";

/** Kernels that note the inputs that are uploaded, and count the steps of learning. */
async function noting() {
  const kernels = await openKernels("reference");
  const inputs: string[] = [];
  let learned = 0;
  const noted: Kernels = {
    ...kernels,
    tensor(data, shape) {
      if (shape[1] === 1024) inputs.push(data.subarray(0, 8).join(" "));
      return kernels.tensor(data, shape);
    },
    learn(request) {
      learned += 1;
      return kernels.learn(request);
    },
  };
  return { kernels: noted, inputs, learned: () => learned };
}

function workOf(kernels: Kernels, given: unknown) {
  const run = resolveRun(given);
  const weights = initialWeights(run.network, run.seed);
  return timedWork({ kernels, run, rule: errorPerturbedError, weights });
}

const { preset: _, ...chainOptions } = scene.network;
const described = chain(chainOptions);
const readout = described.readouts?.out;

/** A chain whose readout has a bias, which comes last of all that learns. */
const biased = {
  ...scene,
  network: {
    ...described,
    readouts: {
      out: { ...readout, bias: { initial: { distribution: "normal", deviation: 1 }, plastic: true } },
    },
  },
};

describe("the work that is timed for a continuous run", () => {
  it.each([
    ["as it is", { inference: 6, learning: 4 }, 10],
    ["shortened", { inference: 6000, learning: 2000 }, 128],
  ])("is a whole trial, %s, each of another stimulus", async (_name, ticks, steps) => {
    const { kernels, inputs, learned } = await noting();
    const work = workOf(kernels, { ...scene, schedule: { kind: "continuous", ticks } });
    expect(work.steps).toBe(steps);
    await work.once(3);
    const inOneTrial = learned();
    expect(inOneTrial).toBeGreaterThan(0);
    for (const trials of [2, 3]) {
      await work.once(3);
      expect(learned()).toBe(trials * inOneTrial);
    }
    expect(new Set(inputs).size).toBe(3);
    work.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("is the longest trial of its tasks", async () => {
    const { kernels } = await noting();
    const clocks = { gabor: { inference: 9, learning: 8 } };
    const work = workOf(kernels, { ...scene, schedule: { ...scene.schedule, clocks } });
    expect(work.steps).toBe(17);
    work.close();
    kernels.close();
  });
});

describe("a readout with a bias", () => {
  it.each([
    ["ticks", scene.schedule],
    ["learning steps", { kind: "phased" }],
  ])("can be timed: %s", async (_name, schedule) => {
    const { kernels } = await noting();
    const work = workOf(kernels, { ...biased, schedule });
    expect(await work.once(3)).toBeGreaterThan(0);
    work.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("can be benched", async () => {
    const { kernels } = await noting();
    const run = resolveRun({ ...biased, schedule: { kind: "phased" } });
    const weights = initialWeights(run.network, run.seed);
    expect([...weights.dense.keys()].at(-1)).toBe(biasName("out"));
    const steps = trialSteps(kernels, run, weights, 3);
    const effort = { seconds: 0, warmUps: 0, runs: 1, deadlineMs: Number.POSITIVE_INFINITY };
    expect((await steps.learn(effort)).runs).toBe(1);
    steps.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
