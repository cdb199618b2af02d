import { describe, expect, it } from "vitest";
import { phasedUpdate } from "../../src/experiments/asked-update.js";
import { phasedBeside } from "../../src/experiments/phased-beside.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { ruleOf } from "../../src/model/learning-rules.js";
import { initialState } from "../../src/simulation/open-network.js";
import { type RunInput, resolveRun } from "../../src/simulation/run-description.js";
import { type PhasedTrial, phasedNetwork } from "../../src/streams/phased.js";
import { noise } from "../streams/run-network.js";

const input: RunInput = {
  network: { preset: "chain", neurons: 16, inputs: 5, outputs: 3 },
  batch: 4,
  optimiser: { kind: "adam", learningRate: 0.1 },
};

const trialOf = (first: number): PhasedTrial => {
  const { input: x, target } = noise(5, 3, 7).take(first, 4);
  return { inputs: new Map([["x", x]]), targets: new Map([["out", target ?? new Float32Array()]]), batch: 4 };
};

describe("a network beside another one", () => {
  it("tells what it would learn and learns nothing, whatever the other one does meanwhile", async () => {
    const kernels = referenceKernels();
    const run = resolveRun(input, new Set(["task"]));
    const { network, iterations } = run;
    const state = initialState(kernels, run);
    const owner = phasedNetwork({ kernels, network, rule: ruleOf(run), state }, iterations);
    owner.learn(trialOf(0));
    const weights = () => kernels.read(state.parameters.learned.get("m1->m2")!.weights);
    const before = await weights();
    const handles = kernels.live();

    const beside = phasedBeside(kernels, run, state.parameters);
    const always = () => true;
    const first = await phasedUpdate(beside, trialOf(4), always);
    expect([...first.keys()].sort()).toEqual(["m1->m2", "m2->out", "x->m1"]);
    expect(first.get("m1->m2")!.some((value) => value !== 0)).toBe(true);
    expect(await weights()).toEqual(before);

    owner.learn(trialOf(8));
    expect(await weights()).not.toEqual(before);
    expect(await phasedUpdate(beside, trialOf(4), always)).toEqual(first);
    beside.close();

    const { steps, moments } = state.parameters.learned.get("m1->m2")!;
    expect([steps, moments === null]).toEqual([2, false]);
    owner.learn(trialOf(12));
    expect(kernels.live()).toBe(handles);
    owner.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
