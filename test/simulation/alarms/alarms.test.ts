import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Kernels } from "../../../src/kernels/kernels.js";
import { presentSpectralRadius } from "../../../src/model/parameters.js";
import { alarms } from "../../../src/simulation/alarms/alarms.js";
import type { AlarmCondition, KeepingCommand } from "../../../src/simulation/command.js";
import { guard } from "../../../src/simulation/guard/guard.js";
import { pacing } from "../../../src/simulation/pacing.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { acting } from "../acting.js";
import { runOf, steer } from "../interventions/steered.js";
import { scene, until } from "../running.js";

type SetAlarm = Extract<KeepingCommand, { kind: "alarm" }>;
const alarm = (name: string, when: AlarmCondition, action: SetAlarm["action"] = "tell"): SetAlarm => ({
  kind: "alarm",
  name,
  when,
  action,
});

/** A small network of two tasks with its alarms; m3 learns its W. */
function alarmed(kernels: Kernels) {
  const steered = steer(kernels, runOf());
  const { engine } = steered;
  const pacer = pacing(null, false, () => engine.net.state.tick);
  const part = alarms(engine, { pacer, checkpoint: null });
  engine.attach(part);
  return {
    ...steered,
    pacer,
    set: async (command: KeepingCommand) => part.command?.(command),
    status: () => part.status?.().alarms,
    told: (kind: string) => steered.events.filter((event) => event.kind === kind),
  };
}

describe("an alarm", () => {
  it("on accuracy looks at the last so many trials, and is armed again when its condition is gone", async () => {
    const guessing = { ...scene, optimiser: { kind: "sgd", learningRate: 0 } };
    const { simulation, step, told, payloads } = await acting(guessing);
    const metrics = await payloads("metrics/gabor");
    const over = 3;
    await simulation.command(alarm("good", { measure: "accuracy", task: "gabor", over, above: 0.2 }));
    await simulation.command(alarm("bad", { measure: "accuracy", task: "gabor", over, below: 0.4 }));
    await step(300);
    const accuracies = metrics().map((record) => (record as { accuracy: number }).accuracy);
    const means = accuracies.map((_unused, i) =>
      i + 1 < over ? null : accuracies.slice(i + 1 - over, i + 1).reduce((sum, value) => sum + value) / over,
    );
    let raised = false;
    const wanted = means.flatMap((value, trial) => {
      if (value === null || value > 0.2 === raised) return [];
      raised = !raised;
      const kind = raised ? "alarm" : "alarmOver";
      const rest = { name: "good", measure: "accuracy", task: "gabor", over, action: "tell" };
      return [{ kind, tick: 10 * trial + 6, value: expect.closeTo(value, 10), ...rest }];
    });
    expect(wanted.length).toBeGreaterThan(2);
    const seen = [...told("alarm"), ...told("alarmOver")].sort((a, b) => a.tick - b.tick);
    expect(seen.filter(({ name }) => name === "good")).toEqual(wanted);
    expect(simulation.status().alarms.good).toBe(raised ? "raised" : "armed");
  });

  it("on a residual looks at the last tick of inference phases", async () => {
    const kernels = await openKernels("reference");
    const { engine, ticks, set, told } = alarmed(kernels);
    await set(alarm("still", { measure: "residual", module: "m2", below: 1e9 }));
    const states: Float32Array[] = [];
    for (let tick = 0; tick < 5; tick++) {
      await ticks(1);
      states.push(await kernels.read(engine.net.state.states.get("m2")!));
    }
    await ticks(1);
    const moved = states[4].map((value, i) => Math.abs(value - states[3][i]));
    const residual = moved.reduce((sum, value) => sum + value) / moved.length;
    // the second task's inference phase takes five ticks
    expect(told("alarm")).toEqual([
      {
        kind: "alarm",
        tick: 5,
        name: "still",
        measure: "residual",
        module: "m2",
        value: expect.closeTo(residual, 6),
        action: "tell",
      },
    ]);
    await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("on a spectral radius takes W as it is now, learned or not, and its factor", async () => {
    const kernels = await openKernels("reference");
    const { engine, ticks, set, told, apply } = alarmed(kernels);
    await set(alarm("m1", { measure: "spectralRadius", module: "m1", above: 1 }));
    await set(alarm("m3", { measure: "spectralRadius", module: "m3", above: 0 }));
    await ticks(30);
    const [learned, ...others] = told("alarm");
    expect(others).toEqual([]);
    expect(learned).toMatchObject({ name: "m3", module: "m3" });
    expect(learned.value).not.toBeCloseTo(0.9, 4);
    await apply({ kind: "spectralRadius", module: "m1", value: 1.2 });
    await ticks(12);
    expect(told("alarm").at(-1)).toMatchObject({ name: "m1", value: expect.closeTo(1.2, 5) });
    await apply({ kind: "spectralRadius", module: "m1", value: 0.5 });
    await ticks(12);
    expect(told("alarmOver")).toMatchObject([{ name: "m1", value: expect.closeTo(0.5, 5) }]);
    // armed anew, it looks at once
    await set(alarm("m3", { measure: "spectralRadius", module: "m3", above: 0 }));
    await ticks(11);
    const now = await presentSpectralRadius(kernels, engine.net.state.parameters.recurrent.get("m3")!);
    const { value } = told("alarm").at(-1) as { value: number };
    expect(Math.abs(value - now)).toBeLessThan(0.05);
    await engine.close();
  });

  it("on what is no number is raised when the guard finds it, and armed again once all are numbers", async () => {
    const kernels = await openKernels("reference");
    const { engine, ticks, set, told, apply, status } = alarmed(kernels);
    engine.attach(guard(engine));
    await set(alarm("nan", { measure: "notFinite" }));
    const { weights } = engine.net.state.parameters.learned.get("m1->m2")!;
    engine.net.state.parameters.learned.get("m1->m2")!.weights = kernels.tensor(
      new Float32Array(weights.shape[0] * weights.shape[1]).fill(Number.NaN),
      weights.shape,
    );
    kernels.dispose(weights);
    await ticks(12);
    expect(told("alarm")).toMatchObject([{ name: "nan", measure: "notFinite", value: null }]);
    expect(status()).toEqual({ nan: "raised" });
    await ticks(44);
    expect(status()).toEqual({ nan: "armed" });
    await apply({ kind: "gate", pathway: "m1->m2", gate: 1 });
    await ticks(22);
    expect(told("alarm")).toHaveLength(2);
    await engine.close();
  });

  it("begins to look anew after a reset, may be set anew, and disarmed", async () => {
    const kernels = await openKernels("reference");
    const { engine, ticks, set, told, apply, status } = alarmed(kernels);
    const when = { measure: "accuracy", task: "first", over: 3, above: 0, below: 1 } as const;
    await set(alarm("a", when));
    await ticks(25);
    await apply({ kind: "reset", what: "state", seed: null });
    await ticks(20);
    expect(told("alarm")).toEqual([]);
    await ticks(15);
    expect(told("alarm")).toHaveLength(1);
    await set(alarm("a", { ...when, over: 100 }));
    expect(status()).toEqual({ a: "armed" });
    expect(await set({ kind: "disarm", name: "a" })).toEqual({ name: "a" });
    expect(status()).toEqual({});
    expect((await rejectionOf(set({ kind: "disarm", name: "a" }))).message).toMatch(/^name: given "a"/);
    await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("costs no read-back while there is none, and then one at the ends of phases", async () => {
    const kernels = await openKernels("reference");
    let reads = 0;
    const counted: Kernels = {
      ...kernels,
      read(tensor) {
        reads += 1;
        return kernels.read(tensor);
      },
    };
    const { engine, ticks, set } = alarmed(counted);
    await ticks(44);
    expect(reads).toBe(0);
    await set(alarm("a", { measure: "accuracy", task: "first", over: 3, above: 0.2 }));
    await ticks(44);
    // four trials of that task
    expect(reads).toBe(4);
    await engine.close();
  });

  it.each<[Partial<SetAlarm>, RegExp]>([
    [
      { when: { measure: "accuracy", task: "x", over: 1, above: 0 } },
      /^when\.task: given "x", needed one of gabor/,
    ],
    [{ when: { measure: "accuracy", task: "gabor", over: 0, above: 0 } }, /^when\.over: given 0/],
    [
      { when: { measure: "accuracy", task: "gabor", over: 1 } },
      /^when: given .*needed above, below, or both/,
    ],
    [{ when: { measure: "accuracy", task: "gabor", over: 1, above: 2 } }, /^when\.above: given 2/],
    [{ when: { measure: "residual", module: "m9", below: 1 } }, /^when\.module: given "m9"/],
    [{ when: { measure: "residual", module: "m1", below: Number.NaN } }, /^when\.below: given "NaN"/],
    [{ when: { measure: "spectralRadius", module: "m9", above: 1 } }, /^when\.module: given "m9"/],
    [
      { action: "checkpoint" },
      /^action: given "checkpoint", needed one of tell, pause, stop: no checkpoints/,
    ],
  ])("is refused: %j", async (wrong, text) => {
    const { simulation } = await acting(scene);
    const error = await rejectionOf(
      simulation.command({ ...alarm("a", { measure: "notFinite" }), ...wrong }),
    );
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toMatch(text);
    expect(simulation.status().alarms).toEqual({});
  });

  it("is one of 64 at most", async () => {
    const { simulation } = await acting(scene);
    for (let i = 0; i < 64; i++) await simulation.command(alarm(`${i}`, { measure: "notFinite" }));
    await simulation.command(alarm("63", { measure: "notFinite" }, "pause"));
    const error = await rejectionOf(simulation.command(alarm("64", { measure: "notFinite" })));
    expect(error.message).toBe('name: given "64", needed one of the 64 that there are');
  });
});

describe("the action of an alarm", () => {
  const settled = { measure: "residual", module: "m1", below: 1 } as const;

  it("may be a pause, at the same tick however the run goes", async () => {
    const pausedAt = async (ticksPerSecond: number | null) => {
      const { simulation } = await acting(scene, { ticksPerSecond, backend: "wasm" });
      await simulation.command(
        alarm("p", { measure: "accuracy", task: "gabor", over: 5, above: 0.4, below: 0.4 }, "pause"),
      );
      await simulation.command({ kind: "resume" });
      await until(() => simulation.status().alarms.p === "raised");
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(simulation.status().paused).toBe(true);
      return simulation.status().tick;
    };
    expect(await pausedAt(null)).toBe(46);
    expect(await pausedAt(2000)).toBe(46);
  });

  it("may be a checkpoint, of that very tick", async () => {
    const folder = join(temporaryFolder(), "kept");
    const { simulation, step, told } = await acting(scene, { checkpoints: { folder } });
    await simulation.command(alarm("c", settled, "checkpoint"));
    await step(30);
    await until(() => told("checkpoint").length > 0);
    const [{ tick, name }] = told("checkpoint");
    expect(tick).toBe(6);
    expect(existsSync(join(folder, `${name}.json`))).toBe(true);
  });

  it("is the same at the same tick when the run was stopped and goes on from a checkpoint", async () => {
    const folder = join(temporaryFolder(), "kept");
    const when = { measure: "accuracy", task: "gabor", over: 7, above: 0, below: 1 } as const;
    const before = await acting(scene, { checkpoints: { folder } });
    await before.simulation.command(alarm("a", when, "pause"));
    await before.simulation.command(alarm("r", { measure: "residual", module: "m2", below: 1 }));
    await before.step(45);
    await before.simulation.command({ kind: "checkpoint" });
    await before.simulation.close();
    const after = await acting(scene, { from: folder });
    expect(after.simulation.status().alarms).toEqual({ a: "armed", r: "raised" });
    await after.simulation.command({ kind: "resume" });
    await until(() => after.simulation.status().paused);
    expect(after.simulation.status().tick).toBe(66);
    expect(after.told("alarm")).toMatchObject([{ name: "a", tick: 66 }]);
  });

  it("is so, too, from a checkpoint of the very tick of which the alarm still reads the answer", async () => {
    const folder = join(temporaryFolder(), "kept");
    const when = { measure: "accuracy", task: "gabor", over: 7, above: 0, below: 1 } as const;
    const before = await acting(scene, { checkpoints: { folder, everyTicks: 46 } });
    await before.simulation.command(alarm("a", when, "pause"));
    await before.step(46);
    await before.simulation.close();
    const after = await acting(scene, { from: folder });
    expect(after.simulation.status().tick).toBe(46);
    await after.simulation.command({ kind: "resume" });
    await until(() => after.simulation.status().paused);
    expect(after.simulation.status().tick).toBe(66);
  });

  it("may be the end, after which the last frames still come", async () => {
    const { simulation, told, ended } = await acting(scene);
    await simulation.command(alarm("s", settled, "stop"));
    await simulation.command({ kind: "resume" });
    await ended;
    expect(told("alarm")).toMatchObject([{ name: "s", tick: 6, action: "stop" }]);
    expect(simulation.status().tick).toBe(6);
    expect((await rejectionOf(simulation.command({ kind: "resume" }))).code).toBe("SIMULATION_ENDED");
  });

  it("is none in a replay", async () => {
    const { simulation } = await acting(scene, { replay: true });
    expect((await rejectionOf(simulation.command(alarm("s", settled, "stop")))).message).toMatch(
      /^alarm: this simulation sets no alarms/,
    );
  });
});
