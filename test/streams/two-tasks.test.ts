import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { twoTasks } from "../../src/model/presets.js";
import { random } from "../../src/model/random.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import type { Examples, Stimulus } from "../../src/streams/stimulus.js";
import { endless, fromStream } from "../../src/streams/stimulus-door.js";
import { noise, runContinuous } from "./run-network.js";

const size = 12;
const classes = 4;
const names = ["first", "second"] as const;
const network = resolveNetwork(
  twoTasks({
    preset: "shared-feedback",
    inputs: size,
    outputs: classes,
    tasks: ["first", "second"],
    neurons: 48,
    spectralRadius: 0.5,
  }),
);

/** Classes around a prototype each: example k is of a random class, and always the same. */
const classesOf = (task: string): Examples => {
  const prototypes = Array.from({ length: classes }, (_, label) => {
    const source = random(label, `prototype of ${task}`);
    return Array.from({ length: size }, () => (source.uniform(0, 1) < 0.5 ? -1 : 1));
  });
  return {
    length: Number.POSITIVE_INFINITY,
    take(first, count) {
      const input = new Float32Array(count * size);
      const target = new Float32Array(count * classes);
      for (let i = 0; i < count; i++) {
        const source = random(first + i, `example of ${task}`);
        const label = source.integer(classes);
        for (let j = 0; j < size; j++) input[i * size + j] = prototypes[label][j] + source.normal(0.4);
        target[i * classes + label] = 1;
      }
      return { input, target };
    },
  };
};

const adam = (learningRate: number) =>
  ({ kind: "adam", learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }) as const;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("two tasks at once through a shared feedback path", () => {
  it.each([
    ["held", { first: { inference: 8, learning: 6 }, second: { inference: 11, learning: 4 } }],
    ["live", { first: { inference: 6, learning: 4 }, second: { inference: 7, learning: 5 } }],
  ] as const)("both learn one stimulus at a time: %s, clocks %j", async (forward, ticks) => {
    const { kernels, events, state, tick } = runContinuous(
      network,
      { seed: 1, batch: 1, optimiser: adam(0.02) },
      { forward, ticksOf: (task) => ticks[task as "first"], door: (task) => endless(classesOf(task), 1) },
    );
    const outputs: Record<string, Promise<Float32Array>[]> = { out1: [], out2: [] };
    events.subscribe((event) => {
      if (event.kind === "output") outputs[event.readout][event.trial] = kernels.read(event.output);
    });
    while ([...state.tasks.values()].some(({ trial }) => trial < 500)) tick();
    for (const [i, name] of names.entries()) {
      const examples = classesOf(name);
      const losses = (await Promise.all(outputs[`out${i + 1}`])).map((output, trial) => {
        const { target } = examples.take(trial, 1);
        return -output.reduce((sum, p, k) => sum + target![k] * Math.log(p), 0);
      });
      expect(losses.length).toBeGreaterThanOrEqual(500);
      const [start, end] = [mean(losses.slice(0, 50)), mean(losses.slice(-50))];
      // chance is ln 4 = 1.39 nats
      expect(start, name).toBeGreaterThan(1.2);
      expect(end, name).toBeLessThan(0.6 * start);
    }
  });

  it("holds a stimulus that comes while the other's error is on its way to the boundary of that phase", () => {
    const streams = { first: new Subject<Stimulus>(), second: new Subject<Stimulus>() };
    const { tick, events, state } = runContinuous(
      network,
      { seed: 1, batch: 1 },
      { ticks: { inference: 8, learning: 6 }, door: (task) => fromStream(streams[task as "first"]) },
    );
    const phases: string[] = [];
    events.subscribe((event) => {
      if (event.kind === "phase") phases.push(`${event.tick} ${event.task} ${event.phase}`);
    });
    const show = (task: "first" | "second", trial: number) =>
      streams[task].next(noise(size, classes, 7).take(trial, 1));
    const until = (end: number) => {
      while (state.tick < end) tick();
    };
    show("first", 0);
    until(10);
    // the first task's error passes through m3 and m4, which the second task's stimuli drive
    show("second", 1);
    const before = state.inputs.get("x2");
    tick();
    expect([before, state.inputs.get("x2")]).toEqual([undefined, undefined]);
    expect(state.tasks.get("second")?.pending).not.toBe(null);
    until(24);
    // the second task's error only perturbs m3 and m4, which the first task's stimuli do not drive
    show("first", 2);
    until(40);
    expect(phases).toEqual([
      "0 first inference",
      "8 first learning",
      "14 first waiting",
      "14 second inference",
      "22 second learning",
      "24 first inference",
      "28 second waiting",
      "32 first learning",
      "38 first waiting",
    ]);
  });

  it.each([
    ["first", { first: { inference: 8, learning: 12 }, second: { inference: 10, learning: 4 } }, 20],
    ["second", { first: { inference: 8, learning: 6 }, second: { inference: 10, learning: 20 } }, 30],
  ] as const)(
    "keeps z from before both errors until the %s, the last of them, is over",
    async (_, ticks, end) => {
      const begin = ticks.first.inference;
      const firstEnds = begin + ticks.first.learning;
      const streams = { first: new Subject<Stimulus>(), second: new Subject<Stimulus>() };
      const { tick, kernels, state } = runContinuous(
        network,
        { seed: 4, batch: 1 },
        { ticksOf: (task) => ticks[task as "first"], door: (task) => fromStream(streams[task as "first"]) },
      );
      for (const task of names) streams[task].next(noise(size, classes, 7).take(3, 1));
      while (state.tick < begin) tick();
      const z = new Map([...state.states].map(([name, h]) => [name, kernels.retain(h)]));
      while (state.tick < end - 1) {
        tick();
        // m1 and m2 are on the way of the first task's error only
        const kept = state.tick < firstEnds ? ["m1", "m2", "m3", "m4"] : ["m3", "m4"];
        expect([...state.held.keys()].sort()).toEqual(kept);
        for (const name of kept) expect(state.held.get(name), `${name} at ${state.tick}`).toBe(z.get(name));
        const read = [z, state.states, state.errors].map((tensors) => kernels.read(tensors.get("m4")!));
        const [before, now, error] = await Promise.all(read);
        expect([...error]).toEqual([...before].map((value, i) => Math.fround(value - now[i])));
      }
      expect([...state.tasks.values()].map(({ phase }) => phase)).toContain("learning");
      tick();
      expect([...state.tasks.values()].map(({ phase }) => phase)).toEqual(["waiting", "waiting"]);
      expect([state.held.size, state.errors.size]).toEqual([0, 0]);
    },
  );

  it("leaks no handle: as many after 1,000 trials as after a few, and none when closed", () => {
    const { tick, kernels, state, close } = runContinuous(
      network,
      {
        seed: 1,
        batch: 1,
        optimiser: adam(1e-3),
      },
      { ticks: { inference: 6, learning: 4 }, door: (task) => endless(classesOf(task), 1) },
    );
    const live: number[] = [];
    for (let trial = 0; trial < 1002; trial++) {
      for (let t = 0; t < 10; t++) tick();
      live.push(kernels.live());
    }
    expect([...state.tasks.values()].map(({ trial }) => trial)).toEqual([1001, 1001]);
    expect(new Set(live.slice(2)).size).toBe(1);
    close();
    expect(kernels.live()).toBe(0);
  });
});
