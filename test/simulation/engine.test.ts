import { afterAll, describe, expect, it } from "vitest";
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

function engineOf(value: unknown): Engine {
  const run = resolveRun(value);
  const doors = endlessDoors(run, openStimuli(run, ""));
  const rule = ruleOf(run);
  return new Engine({
    kernels,
    run,
    open: (state) =>
      state ? continueNetwork(kernels, run, doors, rule, state) : openNetwork(kernels, run, doors, rule),
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
