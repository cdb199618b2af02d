import { of } from "rxjs";
import { describe, expect, it } from "vitest";
import { localSimulation } from "../../src/simulation/local-simulation.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { fromStream } from "../../src/streams/stimulus-door.js";
import { errorOf, rejectionOf } from "../error-of.js";
import { running, scene, until } from "./running.js";

describe("a simulation", () => {
  it("tells what it is", async () => {
    const { simulation } = await running();
    expect(simulation.info).toMatchObject({
      name: "small scene",
      tickMs: 2,
      backend: "reference",
      tasks: ["gabor"],
    });
    expect(simulation.info.modules).toEqual({
      m1: {
        neurons: 32,
        spectralRadius: 0.25,
        blocks: { RI: [0, 8], SI: [8, 16], RE: [16, 24], SE: [24, 32] },
      },
      m2: {
        neurons: 32,
        spectralRadius: 0.25,
        blocks: { RI: [0, 8], SI: [8, 16], RE: [16, 24], SE: [24, 32] },
      },
    });
    expect(
      simulation.info.pathways.map(({ id, kind, source, target }) => [id, kind, source, target]),
    ).toEqual([
      ["x->m1", "forward", "x", "m1"],
      ["m1->m2", "forward", "m1", "m2"],
      ["m2->out", "readout", "m2", "out"],
      ["error(out)->m2", "error", "error(out)", "m2"],
      ["error(m2)->m1", "error", "error(m2)", "m1"],
    ]);
    expect(simulation.topics.map(({ topic }) => topic)).toContain("lanes");
    expect(simulation.status()).toMatchObject({
      tick: 0,
      paused: true,
      ticksPerSecond: null,
      learningRate: 1e-3,
      beta: 1,
      gates: { "m1->m2": 1 },
      spectralRadii: { m1: 0.25, m2: 0.25 },
    });
    const other = await running();
    expect(other.simulation.status().epoch).not.toBe(simulation.status().epoch);
  });

  it("waits until it is told to go, and stands while it is paused", async () => {
    const { simulation } = await running();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(simulation.status().tick).toBe(0);
    expect(await simulation.command({ kind: "resume" })).toEqual({ tick: 0 });
    await until(() => simulation.status().tick > 5);
    expect(simulation.status().paused).toBe(false);
    const { tick } = await simulation.command({ kind: "pause" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(simulation.status()).toMatchObject({ tick, paused: true });
  });

  it("makes so many steps as it is told, from a pause or while it runs", async () => {
    const { simulation, step } = await running();
    await step(7);
    expect(simulation.status()).toMatchObject({ tick: 7, paused: true });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 20);
    const { tick: before } = await simulation.command({ kind: "step", ticks: 3 });
    await until(() => simulation.status().tick === before + 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(simulation.status()).toMatchObject({ tick: before + 3, paused: true });
  });

  it("goes at the pace that it is given, and remembers it while it is paused", async () => {
    const { simulation } = await running();
    await simulation.command({ kind: "speed", ticksPerSecond: 1e-3 });
    expect(simulation.status()).toMatchObject({ ticksPerSecond: 1e-3, paused: true });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(simulation.status()).toMatchObject({ tick: 1, paused: false });
    await simulation.command({ kind: "speed", ticksPerSecond: null });
    await until(() => simulation.status().tick > 50);
  });

  it("counts ticks that come late, and what watching takes", async () => {
    const { simulation, watch } = await running();
    await watch({ topic: "state/m1" });
    let slowed = 0;
    simulation.frames.subscribe(({ tick }) => {
      if (tick !== 3) return;
      slowed = performance.now();
      while (performance.now() - slowed < 30);
    });
    await simulation.command({ kind: "speed", ticksPerSecond: 200 });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 6);
    const { load, tick } = simulation.status();
    expect(load.ticks).toBe(tick);
    // 30 ms are six periods
    expect(load.lateTicks).toBeGreaterThan(0);
    expect(load.watchingSeconds).toBeGreaterThan(0.03);
    expect(load.tickSeconds).toBeGreaterThan(0);
  });

  it("ends by itself after so many ticks, frames included", async () => {
    const { simulation, kernels, ended, watch } = await running(scene, { ticks: 25 });
    const states = await watch({ topic: "state/m1" });
    await simulation.command({ kind: "resume" });
    await ended;
    expect(simulation.status().tick).toBe(25);
    expect(states.frames().map(({ tick }) => tick)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    expect(kernels.live()).toBe(0);
    expect((await rejectionOf(simulation.command({ kind: "resume" }))).code).toBe("SIMULATION_ENDED");
    expect((await rejectionOf(simulation.watch({ topic: "events", every: 1 }))).code).toBe(
      "SIMULATION_ENDED",
    );
  });

  it("may be closed while it runs, and twice, and then owns nothing", async () => {
    const { simulation, kernels, ended, watch } = await running();
    await watch({ topic: "metrics/gabor" });
    await watch({ topic: "error/m2" });
    await simulation.command({ kind: "resume" });
    await until(() => simulation.status().tick > 30);
    await Promise.all([simulation.close(), simulation.close()]);
    await simulation.close();
    await ended;
    expect(kernels.live()).toBe(0);
    simulation.unwatch(1);
  });

  it.each(["reference", "wasm"])(
    "makes no more handles the longer it runs, watched or not, on %s",
    async (backend) => {
      const { kernels, step, watch, simulation } = await running(scene, {}, backend);
      const period = 10;
      await step(3 * period);
      const live = kernels.live();
      await step(5 * period);
      expect(kernels.live()).toBe(live);
      for (const { topic } of simulation.topics) await watch({ topic });
      await step(5 * period);
      await until(() => kernels.live() === live);
    },
  );

  it("ends with what its stimuli fail with, and can still be closed", async () => {
    const { kernels, ended, simulation } = await running();
    const run = resolveRun(scene);
    const wrong = fromStream(of({ input: new Float32Array(5), target: null }));
    const failing = localSimulation(kernels, run, new Map([["gabor", wrong]]), {
      ticksPerSecond: null,
      ticks: null,
      paused: false,
    });
    const failure = await rejectionOf(
      new Promise((resolve, reject) =>
        failing.frames.subscribe({ complete: () => resolve(null), error: reject }),
      ),
    );
    expect(failure).toMatchObject({
      code: "SHAPE_MISMATCH",
      message: "stimulus of task gabor has 5 numbers, needed 3 x 1024 (batch x size)",
    });
    await failing.close();
    await simulation.close();
    await ended;
    expect(kernels.live()).toBe(0);
  });

  it("is refused to a phased run, and to a pace or an end out of range", async () => {
    const { kernels } = await running();
    const before = kernels.live();
    const open = (value: unknown, options: { ticksPerSecond?: number; ticks?: number }) =>
      errorOf(() =>
        localSimulation(kernels, resolveRun(value), new Map(), {
          ticksPerSecond: null,
          ticks: null,
          paused: true,
          ...options,
        }),
      ).message;
    expect(open(scene, { ticksPerSecond: -5 })).toBe(
      "ticksPerSecond: given -5, needed a number from 0.001 to 1000000000",
    );
    expect(open(scene, { ticks: 0 })).toBe("ticks: given 0, needed a whole number from 1");
    expect(open({ ...scene, schedule: { kind: "phased" } }, {})).toMatch(
      /^run\.schedule\.kind: .*eddy train/,
    );
    expect(kernels.live()).toBe(before);
  });
});
