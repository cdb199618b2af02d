import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activation } from "../../src/kernels/kernels.js";
import { denseWeights, scaledWeights } from "../../src/kernels/sparse-weights.js";
import { initialWeights, type Weights } from "../../src/model/initial-weights.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { put } from "../../src/streams/network-state.js";
import { seeded } from "../arbitraries/seeded.js";
import { runContinuous, runPhased } from "./run-network.js";

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));

const oneModule = (neurons: number, spectralRadius: number, activation: Activation) =>
  resolveNetwork(chain({ modules: 1, neurons, inputs: 4, outputs: 2, spectralRadius, activation }));

/** z after so many iterations of the inference phase. */
async function settled(network: ReturnType<typeof oneModule>, seed: number, iterations: number) {
  const { kernels, state, infer, trial } = runPhased(
    network,
    { seed, batch: 1 },
    { inference: iterations, learning: 0 },
  );
  infer(trial(0));
  return kernels.read(state.states.get("m1")!);
}

/** The 2-norm of W, by the power method on W^T W. */
function norm(W: Float32Array, neurons: number): number {
  const units = [...Array(neurons).keys()];
  let v = units.map((i) => Math.cos(i + 1));
  let length = 1;
  for (let step = 0; step < 300; step++) {
    const u = units.map((to) => units.reduce((sum, from) => sum + v[from] * W[from * neurons + to], 0));
    const back = units.map((from) => units.reduce((sum, to) => sum + u[to] * W[from * neurons + to], 0));
    length = Math.hypot(...back);
    v = back.map((value) => value / length);
  }
  return Math.sqrt(length);
}

describe("settling of a linear module", () => {
  it.each([0.25, 0.5, 0.7, 0.85])(
    "goes by the spectral radius: after T iterations |h - h*| ~ SR^T, at SR %f",
    async (radius) => {
      const logs: number[] = [];
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const network = oneModule(96, radius, "linear");
        const end = await settled(network, seed, 400);
        // far enough for the leading eigenvalues to lead, near enough for float32
        const last = Math.floor(Math.log(1e-5) / Math.log(radius));
        const first = Math.floor(last / 2);
        const [a, b] = [await settled(network, seed, first), await settled(network, seed, last)];
        logs.push(Math.log(distance(b, end) / distance(a, end)) / (last - first));
      }
      // complex pairs turn, so that each distance breathes: the mean of several networks does less
      const rate = Math.exp(logs.reduce((sum, log) => sum + log) / logs.length);
      expect(rate).toBeGreaterThan(0.9 * radius);
      expect(rate).toBeLessThan(1.05 * radius);
    },
  );
});

describe("contraction", () => {
  const contracting = fc.record({
    seed: fc.nat({ max: 1000 }),
    bound: fc.double({ min: 0.1, max: 0.99, noNaN: true }),
    activation: fc.constantFrom<Activation>("tanh", "relu", "relu6", "linear", "sigmoid", "hardSigmoid"),
  });

  it("brings any two states nearer by at least the norm of W on each tick, where that is under 1", async () => {
    await fc.assert(
      fc.asyncProperty(contracting, async ({ seed, bound, activation }) => {
        const neurons = 24;
        const network = oneModule(neurons, 0.5, activation);
        const drawn = initialWeights(network, seed);
        const W = drawn.recurrent.get("m1")!;
        const scale = bound / norm(denseWeights(W), neurons);
        const weights: Weights = { ...drawn, recurrent: new Map([["m1", scaledWeights(W, scale)]]) };
        const [run, other] = [1, 2].map(() =>
          runContinuous(network, { seed, weights, batch: 1 }, { ticks: { inference: 100, learning: 1 } }),
        );
        const far = Float32Array.from({ length: neurons }, (_, i) => 2 * Math.sin(i + seed));
        put(other.kernels, other.state.states, "m1", other.kernels.tensor(far, [1, neurons]));
        let before = distance(new Float32Array(neurons), far);
        for (let tick = 0; tick < 12; tick++) {
          run.tick();
          other.tick();
          const [h, g] = await Promise.all(
            [run, other].map(({ kernels, state }) => kernels.read(state.states.get("m1")!)),
          );
          const now = distance(h, g);
          expect(now).toBeLessThanOrEqual(bound * before * (1 + 1e-5) + 2e-6);
          before = now;
        }
        expect(before).toBeLessThan(distance(new Float32Array(neurons), far));
      }),
      seeded(40),
    );
  });
});
