import { NEVER } from "rxjs";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { endlessDoors, openStimuli } from "../../../src/simulation/open-stimuli.js";
import { resolveRun } from "../../../src/simulation/run-description.js";
import { fromStream } from "../../../src/streams/stimulus-door.js";
import { gabor } from "../../../src/streams/tasks/gabor.js";
import { rejectionOf } from "../../error-of.js";
import { running, scene } from "../running.js";
import { expectSame, runOf, steer, tasks } from "./steered.js";

const gaborRun = resolveRun(scene);
const doors = () => endlessDoors(gaborRun, openStimuli(gaborRun, ""));

describe("a parameter", () => {
  it("of gabor patches holds from the next stimulus on, through a reset of the state, and is restored", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, gaborRun, { doors: doors() });
    const { engine } = steered;
    const shown = async () => kernels.read(engine.net.state.inputs.get("x")!);
    const take = (trial: number, options: object) =>
      gabor({ seed: 1, ...options }).training.take(3 * trial, 3).input;
    await steered.ticks(1);
    await steered.keep("before");
    await steered.apply({ kind: "parameter", task: "gabor", name: "noise", value: 0 });
    expect(await shown()).toEqual(take(0, {}));
    await steered.ticks(10);
    expect(await shown()).toEqual(take(1, { noise: 0 }));
    await steered.apply({ kind: "parameter", task: "gabor", name: "angle", value: 45 });
    await steered.ticks(10);
    expect(await shown()).toEqual(take(2, { noise: 0, angle: 45 }));
    await steered.apply({ kind: "reset", what: "state", seed: 7 });
    await steered.ticks(1);
    expect(await shown()).toEqual(take(0, { noise: 0, angle: 45, seed: 7 }));
    await steered.apply({ kind: "restore", checkpoint: "before" });
    expect(engine.net.state.taskParameters.size).toBe(0);
    await steered.ticks(10);
    expect(await shown()).toEqual(take(1, {}));
    await engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("shows in the status, as described or as changed", async () => {
    const run = await running();
    // stimuli of the program's own doors
    expect(run.simulation.status().parameters).toEqual({
      gabor: { noise: 0.2, angle: 6, jitter: 0.5 },
    });
    await run.simulation.command({ kind: "parameter", task: "gabor", name: "jitter", value: 2 });
    await run.simulation.command({ kind: "noise", module: "m1", deviation: 0.25 });
    expect(run.simulation.status()).toMatchObject({
      parameters: { gabor: { noise: 0.2, angle: 6, jitter: 2 } },
      noise: { m1: 0.25 },
    });
  });

  it("is refused by the name of its field, and changes nothing then", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, gaborRun, { doors: doors() });
    await steered.ticks(2);
    const before = await steered.snapshot();
    const change = { kind: "parameter", task: "gabor", name: "noise", value: 1 } as const;
    for (const [command, text] of [
      [{ ...change, task: "mnist" }, /^task: given "mnist", needed one of gabor/],
      [{ ...change, name: "size" }, /^name: given "size", needed one of noise, angle, jitter/],
      [{ ...change, value: -0.5 }, /^value: given -0\.5, needed a number from 0 to 1000/],
      [{ ...change, name: "angle", value: 91 }, /^value: given 91, needed a number from 0 to 90/],
      [{ ...change, value: Number.NaN }, /^value: given "NaN"/],
    ] as const) {
      const error = await rejectionOf(steered.apply(command));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
    }
    expectSame(await steered.snapshot(), before);
    await steered.engine.close();
    const own = steer(kernels, runOf(), { doors: new Map(tasks.map((name) => [name, fromStream(NEVER)])) });
    const error = await rejectionOf(own.apply({ ...change, task: "first" }));
    expect(error.message).toBe(
      'task: given "first", needed a task whose stimuli have numbers to change: none here',
    );
    await own.engine.close();
    expect(kernels.live()).toBe(0);
  });
});
