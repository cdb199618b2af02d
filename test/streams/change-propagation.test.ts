import { of } from "rxjs";
import { describe, expect, it } from "vitest";
import { errorPerturbedError, shortTrajectoryError } from "../../src/model/adjoint-propagation.js";
import type { EventDriven } from "../../src/model/change-propagation.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { fromStream } from "../../src/streams/stimulus-door.js";
import { contractingWeights } from "./contracting.js";
import { type Numbers, numbersOf, runContinuous, runPhased } from "./run-network.js";

const twoModules = resolveNetwork(chain({ modules: 2, neurons: 32, inputs: 6, outputs: 3, task: "classes" }));
const weights = contractingWeights(twoModules, 1, 0.6);

/** A network that sees one stimulus, which teaches nothing, and then waits for ever. */
const atRest = (propagation: EventDriven) =>
  runContinuous(
    twoModules,
    { seed: 1, batch: 1, weights, propagation },
    {
      door: (_task, examples) => fromStream(of({ input: examples.take(0, 1).input, target: null })),
    },
  );

/** A network whose stimuli change before it has settled. */
const moving = (propagation: EventDriven) =>
  runContinuous(twoModules, { seed: 1, batch: 1, weights, propagation });

type Running = ReturnType<typeof atRest>;

const read = async ({ kernels, state }: Running) => ({
  h: await kernels.read(state.states.get("m2")!),
  spoken: await kernels.read(state.spoken.get("m2")!),
});

/** What a module's state is, and what it was when its units last spoke, after each of so many ticks. */
async function ticks(running: Running, count: number) {
  const seen: Awaited<ReturnType<typeof read>>[] = [];
  for (let i = 0; i < count; i++) {
    running.tick();
    seen.push(await read(running));
  }
  return seen;
}

function expectNear(given: Numbers, wanted: Numbers, tolerance: number): void {
  expect(Object.keys(given)).toEqual(Object.keys(wanted));
  for (const [name, values] of Object.entries(wanted)) {
    const furthest = values.reduce((max, value, i) => Math.max(max, Math.abs(value - given[name][i])), 0);
    expect(furthest, name).toBeLessThanOrEqual(tolerance);
  }
}

describe("event-driven propagation", () => {
  it("says nothing more once a network rests", async () => {
    const running = atRest({ epsilon: 1e-3, fullEvery: 1_000_000 });
    const [first, ...others] = await ticks(running, 8);
    expect(others.some(({ spoken }) => spoken.some((value, i) => value !== first.spoken[i]))).toBe(true);
    await ticks(running, 30);
    const [before, ...after] = await ticks(running, 20);
    expect(before.spoken.some((value) => value !== 0)).toBe(true);
    for (const now of after) {
      expect(now).toEqual(before);
      expect(now.h.every((value, i) => Math.abs(value - now.spoken[i]) <= 1e-3)).toBe(true);
    }
    running.close();
    expect(running.kernels.live()).toBe(0);
  });

  it("has every unit speak on every so many ticks", async () => {
    /** Ticks after which all units had spoken: a tick propagates the state that the one before left. */
    const all = async (fullEvery: number) => {
      const running = moving({ epsilon: 0.05, fullEvery });
      const seen = await ticks(running, 20);
      running.close();
      return [12, 18].map((tick) => seen[tick].spoken.every((value, i) => value === seen[tick - 1].h[i]));
    };
    expect(await all(6)).toEqual([true, true]);
    expect(await all(9)).toEqual([false, true]);
    expect(await all(1000)).toEqual([false, false]);
  });

  it("remembers what was spoken when a spectral radius, a gate or a weight changes", async () => {
    const running = moving({ epsilon: 0.05, fullEvery: 1000 });
    await ticks(running, 9);
    for (const event of [
      { kind: "spectralRadius", key: "m2", value: 0.1 },
      { kind: "gate", key: "m1->m2", gate: 0.5 },
    ] as const) {
      running.queue.push(event);
      const [before] = await ticks(running, 1);
      const [after] = await ticks(running, 1);
      const silent = after.spoken.filter((value, i) => value !== before.h[i]).length;
      expect(silent).toBeGreaterThan(0);
      for (const [i, value] of after.spoken.entries())
        expect(Math.abs(value - before.h[i])).toBeLessThanOrEqual(0.05);
    }
    running.close();
  });

  it("with epsilon 0 runs and learns as full products do, rounding aside", async () => {
    const network = resolveNetwork(
      twoTasks({ preset: "shared-feedback", neurons: 24, inputs: 5, outputs: 2, tasks: ["one", "other"] }),
    );
    const run = { seed: 2, weights: contractingWeights(network, 2) };
    const propagation = { epsilon: 0, fullEvery: 1000 };
    const [whole, changes] = [runContinuous(network, run), runContinuous(network, { ...run, propagation })];
    for (let tick = 0; tick < 60; tick++) for (const running of [whole, changes]) running.tick();
    expectNear(
      await numbersOf(changes.kernels, changes.state),
      await numbersOf(whole.kernels, whole.state),
      1e-4,
    );
    for (const running of [whole, changes]) running.close();
  });

  it.each([
    ["STE", shortTrajectoryError],
    ["EPE", errorPerturbedError],
  ])("learns phase by phase, with %s, the same but for what epsilon lets pass", async (_, rule) => {
    const epsilon = 1e-4;
    const run = { seed: 3, weights, rule };
    const iterations = { inference: 6, learning: 6 };
    const whole = runPhased(twoModules, run, iterations);
    const changes = runPhased(twoModules, { ...run, propagation: { epsilon, fullEvery: 1000 } }, iterations);
    for (let number = 0; number < 3; number++) {
      for (const phased of [whole, changes]) phased.learn(whole.trial(number));
    }
    const [given, wanted] = [changes, whole].map(({ kernels, state }) => numbersOf(kernels, state));
    expectNear(await given, await wanted, 50 * epsilon);
    expect(changes.state.spoken.size).toBe(2);
    for (const phased of [whole, changes]) {
      phased.close();
      expect(phased.kernels.live()).toBe(0);
    }
  });
});
