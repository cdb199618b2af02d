import { afterAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { referenceKernels } from "../../src/kernels/reference/reference-kernels.js";
import { ruleOf } from "../../src/model/learning-rules.js";
import { Engine } from "../../src/simulation/engine.js";
import { continueNetwork, openNetwork } from "../../src/simulation/open-network.js";
import { endlessDoors, openStimuli } from "../../src/simulation/open-stimuli.js";
import { describeRun, resolveRun } from "../../src/simulation/run-description.js";
import { restoreState, takeSnapshot } from "../../src/simulation/state-snapshot.js";
import { disposeState } from "../../src/streams/network-state.js";
import { scene } from "./running.js";

const kernels = referenceKernels();
afterAll(() => kernels.close());

/** @param refusal of `open`: what it throws when a network is put in the place of another */
function engineOf(value: unknown, own: Kernels = kernels, refusal: () => Error | null = () => null): Engine {
  const run = resolveRun(value);
  const doors = endlessDoors(run, openStimuli(run, ""));
  const rule = ruleOf(run);
  return new Engine({
    kernels: own,
    run,
    open(state) {
      if (!state) return openNetwork(own, run, doors, rule);
      const error = refusal();
      if (!error) return continueNetwork(own, run, doors, rule, state);
      disposeState(own, state);
      throw error;
    },
  });
}

describe("an engine", () => {
  it("makes no tick while an intervention takes its time that came while something else was awaited", async () => {
    const engine = engineOf(scene);
    const snapshot = await engine.snapshot();
    engine.tick();
    let proceed = () => {};
    let finish = () => {};
    let waiting = true;
    const first = new Promise<void>((resolve) => {
      proceed = () => {
        waiting = false;
        resolve();
      };
    });
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    engine.attach({
      hold: () => (waiting ? first : null),
      checkpoint: async () => {
        await slow;
        return { run: describeRun(engine.run), progress: {}, snapshot };
      },
    });
    const order: string[] = [];
    const held = engine.hold()?.then(() => order.push("tick"));
    const restored = engine
      .intervene({ kind: "restore", checkpoint: "slow" }, "client")
      .then(() => order.push("restored"));
    proceed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    finish();
    await Promise.all([held, restored]);
    expect(new Set(order)).toEqual(new Set(["restored", "tick"]));
    expect(engine.net.state.tick).toBe(0);
    await engine.close();
  });

  it("works between two ticks one after the other, after what was asked for before", async () => {
    const engine = engineOf(scene);
    const seen: (number | string)[] = [];
    const changed = engine.intervene({ kind: "beta", value: 0.5 }, "client");
    const looked = engine.between(() => seen.push(engine.net.state.beta));
    const again = engine.intervene({ kind: "beta", value: 0.25 }, "client");
    await Promise.all([changed, looked, again]);
    expect(seen).toEqual([0.5]);
    expect(engine.net.state.beta).toBe(0.25);
    await engine.close();
  });

  it("frees its network when a part fails as it closes", async () => {
    const before = kernels.live();
    const engine = engineOf(scene);
    engine.attach({ close: () => Promise.reject(new Error("full")) });
    await expect(engine.close()).rejects.toThrow("full");
    expect(kernels.live()).toBe(before);
  });

  it("keeps what took effect when a part fails with it, tells the others, and then makes no tick", async () => {
    const engine = engineOf(scene);
    const told: number[] = [];
    engine.attach({
      applied() {
        throw new Error("no ear");
      },
    });
    engine.attach({ applied: ({ seq }) => void told.push(seq) });
    expect(await engine.intervene({ kind: "beta", value: 0.5 }, "client")).toMatchObject({ seq: 0 });
    expect(engine.net.state.beta).toBe(0.5);
    expect(told).toEqual([0]);
    expect(() => engine.tick()).toThrow("no ear");
    await engine.close();
  });

  it("goes on with its network when no other can be put in its place", async () => {
    const before = kernels.live();
    let refusal: Error | null = new Error("no room");
    const engine = engineOf(scene, kernels, () => refusal);
    engine.tick();
    const { epoch } = engine;
    const reset = () => engine.intervene({ kind: "reset", what: "state", seed: null }, "client");
    await expect(reset()).rejects.toThrow("no room");
    engine.tick();
    expect(engine).toMatchObject({ epoch, net: { state: { tick: 2 } } });
    refusal = null;
    await reset();
    expect(engine.epoch).not.toBe(epoch);
    engine.tick();
    await engine.close();
    expect(kernels.live()).toBe(before);
  });

  it("reads a W once, and again where that failed", async () => {
    let reads = 0;
    const engine = engineOf(scene, {
      ...kernels,
      async weights(matrix) {
        reads += 1;
        if (reads <= 2) throw new Error("not now");
        return kernels.weights(matrix);
      },
    });
    await expect(engine.snapshot()).rejects.toThrow("not now");
    await engine.snapshot();
    const whole = reads;
    await engine.snapshot();
    expect(reads).toBe(whole);
    await engine.close();
  });

  it("gives a snapshot that is of one moment, whatever is done while it is read", async () => {
    const engine = engineOf(scene);
    const values = new Float32Array(32).fill(0.5);
    await engine.intervene({ kind: "drive", module: "m1", block: null, values, ticks: 1 }, "client");
    const snapshot = takeSnapshot(kernels, engine.net.state, true);
    engine.tick();
    const state = restoreState(kernels, engine.run.network, await snapshot);
    expect(state.injections.get("m1")).toEqual([{ values, until: 1 }]);
    disposeState(kernels, state);
    await engine.close();
  });
});
