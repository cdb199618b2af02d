import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { StateSnapshot } from "../../../src/simulation/state-snapshot.js";
import { rejectionOf } from "../../error-of.js";
import { batch, expectSame, neurons, outputs, runOf, steer, type Variant } from "./steered.js";

/** All but what goes on through a reset, and what it sets. */
const fresh = [
  "batch",
  "beta",
  "optimiser",
  "gates",
  "spectralRadii",
  "steps",
  "tasks",
  "seed",
  "noise",
] as const;

const matching = (snapshot: StateSnapshot, pattern: RegExp): [string, number[]][] =>
  [...snapshot.tensors].filter(([name]) => pattern.test(name)).map(([name, { data }]) => [name, [...data]]);

describe("a reset", () => {
  it.each<Variant>([{}, { events: true }, { forward: "live" }, { optimiser: "sgd", activation: "sigmoid" }])(
    "of both to the same seed gives the same run again, to the bit: %j",
    async (variant) => {
      const kernels = await openKernels("simd");
      const run = runOf(variant);
      const steered = steer(kernels, run);
      // noise goes by the ticks since the network was at rest
      await steered.apply({ kind: "noise", module: "m2", deviation: 0.05 });
      await steered.ticks(40);
      const first = await steered.snapshot();
      // settings stay; what was injected, injured, learned and presented does not
      await steered.apply(
        { kind: "lesion", module: "m1", units: [1, 2, 9] },
        { kind: "drive", module: "m4", block: null, values: new Float32Array(neurons).fill(0.3), ticks: 99 },
        { kind: "outputError", readout: "out1", error: new Float32Array(batch * outputs).fill(0.2) },
      );
      // no multiple of the ticks from one full product to the next
      await steered.ticks(4);
      const { epoch } = steered.engine;
      await steered.apply({ kind: "reset", what: "both", seed: null });
      expect(steered.engine.epoch).not.toBe(epoch);
      expect(steered.events.at(-1)).toMatchObject({
        kind: "epoch",
        tick: 44,
        reason: "reset of state and weights",
      });
      expect(steered.engine.net.state.tick).toBe(44);
      expect(steered.engine.net.running.get("first")?.state.trial).toBe(-1);
      await steered.ticks(40);
      const again = await steered.snapshot();
      expectSame(again, first, fresh);
      expect(again.scalars).toMatchObject({ tick: 84, began: 44, lesions: {}, injections: {} });
      await steered.engine.close();
      expect(kernels.live()).toBe(0);
      kernels.close();
    },
  );

  it("to a new seed gives other weights, stimuli and noise, and comes back with the old one", async () => {
    const kernels = await openKernels("simd");
    const steered = steer(kernels, runOf());
    await steered.ticks(20);
    const first = await steered.snapshot();
    await steered.apply({ kind: "reset", what: "both", seed: 5 });
    await steered.ticks(20);
    const other = await steered.snapshot();
    expect(other.scalars).toMatchObject({ seed: 5, weightsSeed: 5 });
    for (const pattern of [/^inputs\//, /^weights\/m1->/, /^recurrent values\//])
      expect(matching(other, pattern)).not.toEqual(matching(first, pattern));
    // the same as it is now
    await steered.apply({ kind: "reset", what: "both", seed: null });
    await steered.ticks(20);
    expectSame(await steered.snapshot(), other, fresh);
    await steered.apply({ kind: "reset", what: "both", seed: 1 });
    await steered.ticks(20);
    expectSame(await steered.snapshot(), first, fresh);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("to a new seed is part of what a snapshot holds: noise, full products and the next reset follow it", async () => {
    const kernels = await openKernels("simd");
    const run = runOf({ events: true });
    const never = steer(kernels, run);
    await never.ticks(5);
    await never.apply(
      { kind: "reset", what: "weights", seed: 6 },
      { kind: "reset", what: "state", seed: 7 },
      { kind: "noise", module: "m1", deviation: 0.2 },
    );
    await never.ticks(13);
    const restored = steer(kernels, run, { from: await never.snapshot() });
    for (const steered of [never, restored]) {
      await steered.ticks(10);
      await steered.apply({ kind: "reset", what: "weights", seed: null });
      await steered.ticks(10);
    }
    const wanted = await never.snapshot();
    expectSame(await restored.snapshot(), wanted);
    expect(wanted.scalars).toMatchObject({ seed: 7, weightsSeed: 6, began: 5, tick: 38 });
    for (const { engine } of [never, restored]) await engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("of the state keeps weights and what optimisers remember, and all that was set", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf());
    await steered.ticks(33);
    await steered.apply(
      { kind: "gate", pathway: "m1->m2", gate: 0.25 },
      { kind: "learningRate", value: 0.2 },
      { kind: "beta", value: 2 },
      { kind: "spectralRadius", module: "m3", value: 0.5 },
      { kind: "noise", module: "m1", deviation: 0.01 },
      { kind: "parameter", task: "second", name: "contrast", value: 2 },
      { kind: "lesion", module: "m1", units: [3] },
    );
    const before = await steered.snapshot();
    await steered.apply({ kind: "reset", what: "state", seed: 8 });
    const after = await steered.snapshot();
    const kept = /^(weights|recurrent \w+|first moments|second moments)\//;
    expect(matching(after, kept)).toEqual(matching(before, kept));
    const settings = [
      "gates",
      "optimiser",
      "beta",
      "spectralRadii",
      "noise",
      "taskParameters",
      "lesions",
    ] as const;
    for (const name of [...settings, "steps", "weightsSeed"] as const)
      expect(after.scalars[name], name).toEqual(before.scalars[name]);
    expect(after.scalars).toMatchObject({ seed: 8, began: 33, tick: 33, injections: {} });
    for (const [, values] of matching(after, /^states\//))
      expect(values.every((value) => value === 0)).toBe(true);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("of the weights lets the state go on, and draws them as a run of that seed does", async () => {
    const kernels = await openKernels("reference");
    const run = runOf({ events: true });
    const steered = steer(kernels, run);
    await steered.apply({ kind: "lesion", module: "m1", units: [3] });
    await steered.ticks(33);
    const before = await steered.snapshot();
    await steered.apply({ kind: "reset", what: "weights", seed: 4 });
    const after = await steered.snapshot();
    const moving = /^(states|held|errors|inputs|outputErrors|targets|pending \w+|past \d+)/;
    expect(matching(after, moving)).toEqual(matching(before, moving));
    expect(matching(after, /^(spoken|sums|first moments)\//)).toEqual([]);
    const { tick, tasks, seed } = before.scalars;
    expect(after.scalars).toMatchObject({ tick, tasks, seed, weightsSeed: 4, lesions: {} });
    const drawn = steer(kernels, { ...run, seed: 4 });
    const wanted = await drawn.snapshot();
    const numbers = /^(weights|recurrent \w+)\//;
    expect(matching(after, numbers)).toEqual(matching(wanted, numbers));
    await steered.ticks(12);
    for (const { engine } of [steered, drawn]) await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("is refused for a seed that is none, and changes nothing", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf());
    const { epoch } = steered.engine;
    for (const seed of [-1, 0.5, Number.NaN]) {
      const error = await rejectionOf(steered.apply({ kind: "reset", what: "both", seed }));
      expect(error).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^seed: given/),
      });
    }
    expect(steered.engine.epoch).toBe(epoch);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });
});
