import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import type { Checkpoint } from "../../../src/simulation/checkpoint.js";
import { describeRun } from "../../../src/simulation/run-description.js";
import { rejectionOf } from "../../error-of.js";
import { expectSame, neurons, runOf, steer } from "./steered.js";

describe("a restore", () => {
  it("brings all of a checkpoint back, its tick too, in a new epoch", async () => {
    const kernels = await openKernels("simd");
    const steered = steer(kernels, runOf());
    await steered.apply(
      { kind: "noise", module: "m1", deviation: 0.1 },
      { kind: "drive", module: "m2", block: null, values: new Float32Array(neurons).fill(0.3), ticks: 25 },
      { kind: "lesion", module: "m4", units: [5] },
      { kind: "parameter", task: "first", name: "contrast", value: 2 },
    );
    await steered.ticks(17);
    await steered.keep("here");
    await steered.ticks(20);
    const wanted = await steered.snapshot();
    await steered.apply(
      { kind: "reset", what: "both", seed: 9 },
      { kind: "noise", module: "m1", deviation: 0 },
      { kind: "gate", pathway: "m1->m2", gate: 0 },
    );
    await steered.ticks(5);
    const { epoch } = steered.engine;
    await steered.apply({ kind: "restore", checkpoint: "here" });
    expect(steered.engine.epoch).not.toBe(epoch);
    expect(steered.events.at(-1)).toMatchObject({ kind: "epoch", tick: 17, reason: "restored from here" });
    await steered.ticks(20);
    expectSame(await steered.snapshot(), wanted);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });

  it("of the very beginning keeps gates that were set before the first tick", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf());
    await steered.apply({ kind: "gate", pathway: "m1->m2", gate: 0.5 });
    await steered.keep("begin");
    await steered.ticks(3);
    await steered.apply(
      { kind: "gate", pathway: "m1->m2", gate: 1 },
      { kind: "restore", checkpoint: "begin" },
    );
    expect(steered.engine.net.state.gates.get("m1->m2")).toBe(0.5);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("from what is not there, damaged or another run's is refused, and changes nothing", async () => {
    const kernels = await openKernels("reference");
    const run = runOf();
    const kept = new Map<string, Checkpoint>();
    const steered = steer(kernels, run, { kept });
    await steered.ticks(4);
    await steered.keep("whole");
    const { snapshot } = kept.get("whole")!;
    const tensors = new Map(snapshot.tensors);
    // found to be missing after others were uploaded
    tensors.delete("recurrent values/m4");
    kept.set("damaged", { run: describeRun(run), progress: {}, snapshot: { ...snapshot, tensors } });
    kept.set("other", { run: describeRun({ ...run, seed: 2 }), progress: {}, snapshot });
    const { epoch } = steered.engine;
    const live = kernels.live();
    for (const [checkpoint, code, text] of [
      ["none", "INVALID_ARGUMENT", /^checkpoint: given "none"/],
      ["damaged", "CHECKPOINT_MISMATCH", /no tensor "recurrent values\/m4"/],
      ["other", "CHECKPOINT_MISMATCH", /of another run: seed is 2 there and 1 here/],
    ] as const) {
      const error = await rejectionOf(steered.apply({ kind: "restore", checkpoint }));
      expect(error).toMatchObject({ code, message: expect.stringMatching(text) });
      expect(kernels.live()).toBe(live);
    }
    expect(steered.engine.epoch).toBe(epoch);
    expectSame(await steered.snapshot(), snapshot);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });
});
