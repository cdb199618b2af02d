import { NEVER } from "rxjs";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { rejectionOf } from "../../error-of.js";
import { batch, expectSame, neurons, runOf, type Steered, steer, tasks } from "./steered.js";

/** No stimulus ever comes, so that nothing but what is injected moves a module. */
const silence = new Map(tasks.map((name) => [name, { readsOutput: false, connect: () => NEVER }]));

const driveOf = ({ engine: { kernels, net } }: Steered, module: string) =>
  kernels.read(net.state.drives.get(module)!);

const row = (values: readonly number[]) => Array.from({ length: batch }, () => values).flat();

describe("a drive", () => {
  it("enters its block for so many ticks, on top of what enters already", async () => {
    const kernels = await openKernels("reference");
    const run = runOf();
    const steered = steer(kernels, run, { doors: silence });
    const [start, end] = run.network.modules.get("m1")!.blocks.get("b2")!;
    const own = Float32Array.from({ length: end - start }, (_, i) => i + 0.5);
    await steered.apply(
      { kind: "drive", module: "m1", block: "b2", values: own, ticks: 2 },
      { kind: "drive", module: "m1", block: null, values: new Float32Array(neurons).fill(0.25), ticks: 3 },
    );
    // the caller's own array again
    own.fill(9);
    const both = Array.from(
      { length: neurons },
      (_, i) => 0.25 + (i >= start && i < end ? i - start + 0.5 : 0),
    );
    const wanted = [both, both, both.map(() => 0.25), both.map(() => 0)];
    for (const values of wanted) {
      await steered.ticks(1);
      expect([...(await driveOf(steered, "m1"))]).toEqual(row(values));
    }
    expect(steered.engine.net.state.injections.size).toBe(0);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("that stays lets a network come to rest, and costs no kernel there", async () => {
    const kernels = await openKernels("simd");
    let differences = 0;
    const counted = {
      ...kernels,
      difference: (...pair: Parameters<typeof kernels.difference>) => {
        differences += 1;
        return kernels.difference(...pair);
      },
    };
    const steered = steer(counted, runOf(), { doors: silence });
    const values = new Float32Array(neurons).fill(0.1);
    await steered.apply(
      ...["m1", "m2", "m3", "m4"].map((module) => ({ kind: "spectralRadius" as const, module, value: 0.1 })),
      { kind: "drive", module: "m2", block: null, values, ticks: 1000 },
    );
    await steered.ticks(100);
    const { states } = steered.engine.net.state;
    const resting = states.get("m2");
    const before = differences;
    await steered.ticks(50);
    expect(states.get("m2")).toBe(resting);
    expect(differences).toBe(before);
    expect(before).toBeGreaterThan(0);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});

describe("noise", () => {
  it("enters every unit of every row anew on each tick, with the deviation that was set, until it is 0", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf(), { doors: silence });
    await steered.apply(
      { kind: "noise", module: "m1", deviation: 0.5 },
      { kind: "noise", module: "m2", deviation: 0.5 },
    );
    const seen: number[][] = [];
    for (let i = 0; i < 60; i++) {
      await steered.ticks(1);
      seen.push([...(await driveOf(steered, "m1"))]);
    }
    const all = seen.flat();
    // nothing twice: not in another unit, row or tick
    expect(new Set(all).size).toBe(all.length);
    expect([...(await driveOf(steered, "m2"))]).not.toEqual(seen.at(-1));
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
    // five standard errors of 2880 draws
    expect(Math.abs(mean)).toBeLessThan((5 * 0.5) / Math.sqrt(all.length));
    expect(Math.abs(deviation - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(2 * all.length));
    await steered.apply({ kind: "noise", module: "m1", deviation: 0 });
    await steered.ticks(1);
    expect((await driveOf(steered, "m1")).every((value) => value === 0)).toBe(true);
    expect([...steered.engine.net.state.noise]).toEqual([["m2", 0.5]]);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });

  it("is the same on every backend, and another for another seed", async () => {
    const drawn = new Map<string, number[]>();
    for (const [name, seed] of [
      ["reference", 1],
      ["simd", 1],
      ["reference", 2],
    ] as const) {
      const kernels = await openKernels(name);
      const steered = steer(kernels, { ...runOf(), seed }, { doors: silence });
      await steered.apply({ kind: "noise", module: "m1", deviation: 1 });
      await steered.ticks(3);
      drawn.set(`${name} ${seed}`, [...(await driveOf(steered, "m1"))]);
      await steered.engine.close();
      kernels.close();
    }
    expect(drawn.get("simd 1")).toEqual(drawn.get("reference 1"));
    expect(drawn.get("reference 2")).not.toEqual(drawn.get("reference 1"));
  });

  it("and injections that are over leave a run as it is without them, to the bit", async () => {
    const kernels = await openKernels("simd");
    const [touched, never] = [0, 1].map(() => steer(kernels, runOf({ events: true })));
    await touched.apply(
      { kind: "noise", module: "m1", deviation: 0.5 },
      { kind: "noise", module: "m1", deviation: 0 },
      { kind: "drive", module: "m2", block: null, values: new Float32Array(neurons), ticks: 10 },
    );
    for (const steered of [touched, never]) await steered.ticks(40);
    expectSame(await touched.snapshot(), await never.snapshot());
    for (const { engine } of [touched, never]) await engine.close();
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});

describe("what enters a module", () => {
  it("is refused by the name of its field, and changes nothing then", async () => {
    const kernels = await openKernels("reference");
    const steered = steer(kernels, runOf());
    await steered.ticks(3);
    const values = new Float32Array(neurons);
    const drive = { kind: "drive", module: "m1", block: null, values, ticks: 5 } as const;
    for (let i = 0; i < 64; i++) await steered.apply({ ...drive, module: "m4", ticks: 1000 });
    const before = await steered.snapshot();
    for (const [command, text] of [
      [{ ...drive, module: "m9" }, /^module: given "m9", needed one of m1/],
      [{ ...drive, block: "RI" }, /^block: given "RI", needed one of b1/],
      [{ ...drive, block: "b1" }, /^values: given "24 numbers", needed 4/],
      [{ ...drive, values: values.slice(1) }, /^values: given "23 numbers", needed 24/],
      [{ ...drive, values: values.with(7, Number.NaN) }, /^values\[7\]: given "NaN", needed a finite number/],
      [{ ...drive, ticks: 0 }, /^ticks: given 0, needed a whole number from 1/],
      [{ ...drive, ticks: 1.5 }, /^ticks: given 1\.5/],
      [{ ...drive, module: "m4" }, /^module: given "m4", needed one into which fewer than 64 injections/],
      [{ kind: "noise", module: "m9", deviation: 1 }, /^module: given "m9"/],
      [
        { kind: "noise", module: "m1", deviation: -1 },
        /^deviation: given -1, needed a number from 0 to 1000/,
      ],
      [{ kind: "noise", module: "m1", deviation: Number.NaN }, /^deviation: given "NaN"/],
    ] as const) {
      const error = await rejectionOf(steered.apply(command));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
    }
    expectSame(await steered.snapshot(), before);
    await steered.engine.close();
    expect(kernels.live()).toBe(0);
  });
});
