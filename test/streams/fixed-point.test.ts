import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activation, Kernels } from "../../src/kernels/kernels.js";
import { learningRules } from "../../src/model/learning-rules.js";
import { biasName, type Network } from "../../src/model/network.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { NetworkState } from "../../src/streams/network-state.js";
import type { PhasedTrial } from "../../src/streams/phased.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";
import { contractingWeights } from "./contracting.js";
import { bits, type Numbers, numbersOf, type Run, runContinuous, runPhased } from "./run-network.js";

/** Activations that change no more than what they are given does. */
const smooth: Activation[] = ["tanh", "sigmoid", "relu", "relu6", "hardSigmoid", "linear"];
const seed = fc.nat({ max: 10_000 });
const adam = { kind: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Learns one trial whose targets are what the network answers, so that the output errors are zero. */
async function learnOwnAnswer(
  network: Network,
  run: Run,
  iterations: { inference: number; learning: number },
) {
  const phased = runPhased(network, run, iterations);
  const { kernels, state } = phased;
  const first = phased.trial(0);
  phased.infer(first);
  const outputs = await Promise.all(
    [...state.outputs].map(async ([name, output]) => [name, await kernels.read(output)] as const),
  );
  const trial: PhasedTrial = { ...first, targets: new Map(outputs) };
  const before = await numbersOf(kernels, state);
  phased.learn(trial);
  return { ...phased, before, after: await numbersOf(kernels, state) };
}

const those = (numbers: Numbers, kind: string): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter(([name]) => name.startsWith(`${kind} `)));
const largest = (numbers: Numbers): number =>
  Math.max(0, ...Object.values(numbers).flatMap((values) => [...values].map(Math.abs)));

/** Whether one more iteration leaves every module as it is, to the bit. */
async function isAtRest(kernels: Kernels, { parameters, held, heldDrives }: NetworkState, network: Network) {
  for (const { name, activation } of network.modules.values()) {
    const [z, drive] = [held.get(name)!, heldDrives.get(name)!];
    const { matrix } = parameters.recurrent.get(name)!;
    const bias = parameters.biases.get(name);
    const [{ state: next }] = kernels.settle([{ matrix, bias, activation, from: z, drive, iterations: 1 }]);
    const [a, b] = await Promise.all([kernels.read(z), kernels.read(next)]);
    kernels.dispose(next);
    if (bits({ a }).a !== bits({ a: b }).a) return false;
  }
  return true;
}

describe("zero output error gives zero updates", () => {
  it("exactly with STE and equal iterations, for every activation", async () => {
    await fc.assert(
      fc.asyncProperty(
        networkDescription({ gates: true }),
        seed,
        fc.integer({ min: 0, max: 6 }),
        async (description, seed, T) => {
          const network = resolveNetwork(description);
          const { before, after, state } = await learnOwnAnswer(
            network,
            { seed, rule: learningRules.STE, optimiser: adam },
            { inference: T, learning: T },
          );
          expect(largest(those(after, "outputErrors"))).toBe(0);
          expect(largest(those(after, "errors"))).toBe(0);
          expect(state.errors.size).toBeGreaterThan(0);
          expect(bits(those(after, "weights"))).toEqual(bits(those(before, "weights")));
        },
      ),
      seeded(60),
    );
  });

  it("with EPE up to what is left to settle, which vanishes with more iterations", async () => {
    let smaller = 0;
    await fc.assert(
      fc.asyncProperty(networkDescription({ activations: smooth }), seed, async (description, seed) => {
        const network = resolveNetwork(description);
        const run: Run = { seed, rule: learningRules.EPE, weights: contractingWeights(network, seed) };
        const left: number[] = [];
        for (const T of [1, 6, 40]) {
          const { after } = await learnOwnAnswer(network, run, { inference: T, learning: T });
          left.push(largest(those(after, "errors")));
        }
        expect(left[2]).toBeLessThan(1e-6);
        if (left[0] > 1e-3) {
          expect(left[1]).toBeLessThan(left[0] / 4);
          smaller += 1;
        }
      }),
      seeded(40),
    );
    expect(smaller).toBeGreaterThan(10);
  });

  it("with EPE exactly, where all modules are at rest", async () => {
    let atRest = 0;
    await fc.assert(
      fc.asyncProperty(networkDescription({ activations: smooth }), seed, async (description, seed) => {
        const network = resolveNetwork(description);
        const run: Run = {
          seed,
          rule: learningRules.EPE,
          optimiser: adam,
          weights: contractingWeights(network, seed),
        };
        const learned = await learnOwnAnswer(network, run, { inference: 80, learning: 5 });
        if (!(await isAtRest(learned.kernels, learned.state, network))) return;
        atRest += 1;
        expect(largest(those(learned.after, "errors"))).toBe(0);
        expect(bits(those(learned.after, "weights"))).toEqual(bits(those(learned.before, "weights")));
      }),
      seeded(40),
    );
    expect(atRest).toBeGreaterThan(20);
  });
});

describe("continuous operation with held forward pathways", () => {
  const phase = 90;

  it("settles to the states, outputs, errors and updates of phased operation", async () => {
    await fc.assert(
      fc.asyncProperty(
        networkDescription({ activations: smooth, delays: true }),
        seed,
        async (description, seed) => {
          // all modules take part, as they do on a clock: also those that only their bias moves
          const network = resolveNetwork({
            ...description,
            inferenceOrder: Object.keys(description.modules),
          });
          const run: Run = { seed, rule: learningRules.EPE, weights: contractingWeights(network, seed) };
          const phased = runPhased(network, run, { inference: phase, learning: phase });
          phased.learn(phased.trial(0));
          const { kernels, state, events, ...continuous } = runContinuous(network, run, {
            ticks: { inference: phase, learning: phase },
          });
          const errors = new Map<string, Promise<Float32Array>>();
          events.subscribe((event) => {
            if (event.kind === "error") errors.set(event.module, kernels.read(event.error));
          });
          for (let tick = 0; tick < phase; tick++) continuous.tick();
          const wanted = await numbersOf(phased.kernels, phased.state);
          const inferred = await numbersOf(kernels, state);
          const close = (name: string, found: Float32Array, expected: Float32Array) => {
            expect([name, found.length]).toEqual([name, expected.length]);
            found.forEach((value, i) => {
              expect(Math.abs(value - expected[i]), `${name} ${i}`).toBeLessThan(
                2e-6 * (1 + Math.abs(value)),
              );
            });
          };
          for (const name of network.modules.keys())
            close(`z(${name})`, inferred[`states ${name}`], wanted[`held ${name}`]);
          for (const name of network.readouts.keys())
            close(name, inferred[`outputs ${name}`], wanted[`outputs ${name}`]);
          for (let tick = 0; tick < phase; tick++) continuous.tick();
          const learned = await numbersOf(kernels, state);
          for (const name of network.modules.keys()) {
            close(`y(${name})`, learned[`states ${name}`], wanted[`states ${name}`]);
            if (phased.state.errors.has(name))
              close(`error(${name})`, await errors.get(name)!, wanted[`errors ${name}`]);
          }
          expect([...errors.keys()].sort()).toEqual([...phased.state.errors.keys()].sort());
          // with two tasks each of their clocks updates what they share
          if (network.tasks.size > 1) return;
          for (const name of network.weights.keys())
            close(name, learned[`weights ${name}`], wanted[`weights ${name}`]);
          expect(state.parameters.learned.has(biasName("out0"))).toBe(false);
        },
      ),
      seeded(40),
    );
  });
});
