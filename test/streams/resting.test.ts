import fc from "fast-check";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Kernels, Tensor } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { Stimulus } from "../../src/streams/stimulus.js";
import { fromStream } from "../../src/streams/stimulus-door.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { contractingWeights } from "./contracting.js";
import { bits, numbersOf, runContinuous } from "./run-network.js";

/** Reference kernels that count what they are asked for, and never say that a module rests. */
function counting(restless: boolean) {
  const reference = referenceKernels();
  const made = { drives: 0, settles: 0 };
  const copy = (tensor: Tensor): Tensor => {
    const [batch, units] = tensor.shape;
    const fresh = reference.drive({ batch, units, terms: [], base: tensor });
    reference.dispose(tensor);
    return fresh;
  };
  const kernels: Kernels = {
    ...reference,
    drive(request) {
      made.drives += 1;
      return reference.drive(request);
    },
    settle(requests) {
      made.settles += requests.length;
      const settled = reference.settle(requests);
      return restless ? settled.map((one) => ({ ...one, state: copy(one.state) })) : settled;
    },
  };
  return { kernels, made };
}

const twoModules = resolveNetwork(chain({ modules: 2, neurons: 16, inputs: 4, outputs: 2, task: "classes" }));
// so that a rounding does not come back as another one: a module then rests to the bit
const weights = contractingWeights(twoModules, 1, 0.1);

describe.each([undefined, { epsilon: 1e-3, fullEvery: 10_000 }])(
  "a network that rests (%o)",
  (propagation) => {
    it("asks nothing of its kernels until something moves", () => {
      const { kernels, made } = counting(false);
      const stimuli = new Subject<Stimulus>();
      const network = runContinuous(
        twoModules,
        { seed: 1, batch: 1, kernels, weights, propagation },
        { door: () => fromStream(stimuli) },
      );
      const tick = (count: number) => {
        Object.assign(made, { drives: 0, settles: 0 });
        for (let i = 0; i < count; i++) network.tick();
        return { ...made };
      };
      tick(2);
      for (const input of [1, -0.5]) {
        stimuli.next({ input: new Float32Array(4).fill(input), target: null });
        // the stimulus enters the first module, whose state enters the second one on the tick after
        expect(tick(1)).toEqual({ drives: 1, settles: 1 });
        expect(tick(2).settles).toBe(4);
        tick(100);
        expect(tick(50)).toEqual({ drives: 0, settles: 0 });
      }
      network.queue.push({ kind: "spectralRadius", key: "m2", value: 0.01 });
      expect(tick(1)).toEqual({ drives: 0, settles: 1 });
      network.close();
      expect(kernels.live()).toBe(0);
    });
  },
);

describe("what rests", () => {
  it("shows in no number, to the bit", async () => {
    const propagations = fc.constantFrom(
      undefined,
      { epsilon: 0, fullEvery: 7 },
      { epsilon: 0.01, fullEvery: 40 },
    );
    const description = networkDescription({ cycles: true, delays: true, gates: true });
    await fc.assert(
      fc.asyncProperty(description, propagations, fc.nat({ max: 99 }), async (given, propagation, seed) => {
        const network = resolveNetwork(given);
        const run = { seed, weights: contractingWeights(network, seed, 0.1), propagation };
        const ends = await Promise.all(
          [false, true].map(async (restless) => {
            const { kernels, made } = counting(restless);
            const running = runContinuous(
              network,
              { ...run, kernels },
              { ticks: { inference: 30, learning: 20 } },
            );
            for (let tick = 0; tick < 130; tick++) running.tick();
            const numbers = bits(await numbersOf(kernels, running.state));
            running.close();
            return { numbers, made };
          }),
        );
        expect(ends[0].numbers).toEqual(ends[1].numbers);
        expect(ends[0].made.settles).toBeLessThanOrEqual(ends[1].made.settles);
      }),
      seeded(40),
    );
  });
});
