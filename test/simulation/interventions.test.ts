import { lastValueFrom, map } from "rxjs";
import { describe, expect, it } from "vitest";
import { localSimulation } from "../../src/simulation/local-simulation.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import type { Command } from "../../src/simulation/simulation.js";
import type { StimulusDoor } from "../../src/streams/stimulus-door.js";
import { rejectionOf } from "../error-of.js";
import { running, scene, until } from "./running.js";

describe("commands", () => {
  it("change rates, beta, spectral radii and gates, and say before which tick", async () => {
    const { simulation, step } = await running();
    await step(4);
    const apply = (command: Command) => simulation.command(command);
    expect(await apply({ kind: "learningRate", value: 0.5 })).toEqual({ tick: 4 });
    expect(await apply({ kind: "beta", value: 0.25 })).toEqual({ tick: 4 });
    expect(await apply({ kind: "spectralRadius", module: "m2", value: 0.9 })).toEqual({ tick: 4 });
    expect(await apply({ kind: "gate", pathway: "m1->m2", gate: 0.5 })).toEqual({ tick: 4 });
    expect(simulation.status()).toMatchObject({
      tick: 4,
      learningRate: 0.5,
      beta: 0.25,
      gates: { "m1->m2": 0.5, "x->m1": 1 },
      spectralRadii: { m1: 0.25, m2: 0.9 },
    });
    await step(1);
    expect(simulation.status()).toMatchObject({ tick: 5, learningRate: 0.5 });
  });

  it("reach a network that runs, and show in its status at once", async () => {
    const { simulation } = await running();
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 10);
    const { tick } = await simulation.command({ kind: "beta", value: 3 });
    expect(simulation.status()).toMatchObject({ tick, beta: 3 });
  });

  it("that a closed loop sends in the middle of a tick wait for the next one", async () => {
    const { kernels } = await running();
    const { stimuli: _, ...own } = scene;
    const told: Promise<number>[] = [];
    const stimulus = { input: new Float32Array(3 * 1024), target: new Float32Array(3 * 2).fill(0.5) };
    const door: StimulusDoor = {
      readsOutput: false,
      connect: (requests) =>
        requests.pipe(
          map(({ trial }) => {
            if (trial > 0)
              told.push(simulation.command({ kind: "beta", value: trial }).then(({ tick }) => tick));
            return stimulus;
          }),
        ),
    };
    const run = resolveRun(own, new Set(["gabor"]));
    const options = { ticksPerSecond: null, ticks: 35, paused: false };
    const simulation = localSimulation(kernels, run, new Map([["gabor", door]]), options);
    await lastValueFrom(simulation.frames, { defaultValue: null });
    expect(await Promise.all(told)).toEqual([10, 20, 30]);
    expect(simulation.status()).toMatchObject({ tick: 35, beta: 3 });
  });

  it("close gates for good: nothing passes any more", async () => {
    const { simulation, step, watch } = await running();
    const drive = await watch({ topic: "drive/m2", units: { start: 0, end: 8, every: 1 }, row: 0 });
    await step(5);
    const zero = (index: number) =>
      (drive.frames()[index].payload as Float32Array).every((value) => value === 0);
    expect(zero(4)).toBe(false);
    await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 0 });
    await step(30);
    expect(
      drive
        .frames()
        .slice(5)
        .every((_, i) => zero(5 + i)),
    ).toBe(true);
    await simulation.command({ kind: "gate", pathway: "m1->m2", gate: 1 });
    await step(1);
    expect(zero(35)).toBe(false);
  });

  it("scale the recurrent matrix: a state without drive shrinks by as much", async () => {
    const linear = { ...scene, network: { ...scene.network, activation: "linear" } };
    const { simulation, step, watch } = await running(linear);
    const states = await watch({ topic: "state/m2", row: 0 });
    await step(5);
    for (const pathway of Object.keys(simulation.status().gates)) {
      await simulation.command({ kind: "gate", pathway, gate: 0 });
    }
    const norm = (index: number) => Math.hypot(...(states.frames()[index].payload as Float32Array));
    await step(1);
    await simulation.command({ kind: "spectralRadius", module: "m2", value: 1e-3 });
    await step(1);
    // the matrix is 250 times smaller now, and h <- h W
    expect(norm(6) / norm(5)).toBeLessThan(1e-2);
    expect(norm(6)).toBeGreaterThan(0);
  });

  it("stop learning at rate 0, and errors at beta 0", async () => {
    const { simulation, step, watch } = await running();
    const errors = await watch({ topic: "error/m2", row: 0 });
    await simulation.command({ kind: "beta", value: 0 });
    await step(20);
    const last = errors.frames().filter(({ tick }) => tick % 10 === 9);
    // with nothing to perturb it, a module only goes on settling
    const largest = Math.max(...(last.at(-1)!.payload as Float32Array).map(Math.abs));
    expect(largest).toBeLessThan(1e-3);
    await simulation.command({ kind: "beta", value: 1 });
    await step(20);
    const perturbed = errors.frames().filter(({ tick }) => tick % 10 === 9);
    expect(Math.max(...(perturbed.at(-1)!.payload as Float32Array).map(Math.abs))).toBeGreaterThan(1e-2);
  });

  it.each<[command: Command, text: RegExp]>([
    [{ kind: "gate", pathway: "m2->m1", gate: 1 }, /^pathway: given "m2->m1", needed one of x->m1, m1->m2/],
    [{ kind: "gate", pathway: "m1->m2", gate: 1.5 }, /^gate: given 1\.5, needed a number from 0 to 1/],
    [{ kind: "gate", pathway: "m1->m2", gate: Number.NaN }, /^gate: given "NaN", needed a number/],
    [{ kind: "learningRate", value: -1 }, /^learningRate: given -1/],
    [{ kind: "learningRate", value: Number.POSITIVE_INFINITY }, /^learningRate: given "Infinity"/],
    [{ kind: "beta", value: -0.1 }, /^beta: given -0\.1/],
    [{ kind: "spectralRadius", module: "m3", value: 0.5 }, /^module: given "m3", needed one of m1, m2/],
    [{ kind: "spectralRadius", module: "m1", value: 0 }, /^spectralRadius: given 0/],
    [{ kind: "speed", ticksPerSecond: 0 }, /^ticksPerSecond: given 0/],
    [{ kind: "speed", ticksPerSecond: Number.NaN }, /^ticksPerSecond: given "NaN"/],
    [{ kind: "step", ticks: 0 }, /^ticks: given 0, needed a whole number from 1/],
    [{ kind: "step", ticks: 1.5 }, /^ticks: given 1\.5/],
  ])("are refused by the name of their field: %j", async (command, text) => {
    const { simulation } = await running();
    const before = simulation.status();
    const error = await rejectionOf(simulation.command(command));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toMatch(text);
    expect(simulation.status()).toEqual(before);
  });
});
