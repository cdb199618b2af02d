import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { readCheckpoint } from "../../../src/simulation/checkpoint.js";
import { openCheckpointFolder } from "../../../src/simulation/checkpoints/checkpoints.js";
import { openFrom } from "../../../src/simulation/checkpoints/open-from.js";
import { put } from "../../../src/streams/network-state.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { keptEngine, namesIn } from "./kept-engine.js";

const root = temporaryFolder();
let folders = 0;
const newFolder = (): string => join(root, String(++folders));
const kernels = await openKernels("reference");

/** Flips a bit of a file. */
function damage(path: string, byte = 200): void {
  const bytes = readFileSync(path);
  bytes[byte] ^= 1;
  writeFileSync(path, bytes);
}

const tensorsOf = (folder: string, name: string): string =>
  join(folder, readdirSync(folder).find((file) => file.startsWith(`${name}-`)) ?? "none");

describe("checkpoints of a running simulation", () => {
  it("are written every so many ticks, each of the very tick, and the last so many stay", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder, everyTicks: 10, keep: 2 });
    expect(kept.latest()).toBeNull();
    for (const tick of [10, 20, 30, 40]) {
      await kept.ticks(10);
      await kept.settle();
      expect(kept.latest()).toEqual({ name: `tick-0000000000${tick}`, tick });
    }
    expect(namesIn(folder)).toEqual(["tick-000000000030", "tick-000000000040"]);
    expect(readdirSync(folder)).toHaveLength(4);
    const { snapshot } = await readCheckpoint(join(folder, "tick-000000000030"));
    expect(snapshot.scalars.tick).toBe(30);
    expect(kept.events.map(({ kind, tick }) => [kind, tick])).toEqual(
      [10, 20, 30, 40].map((tick) => ["checkpoint", tick]),
    );
    await kept.engine.close();
  });

  it("are written every so many seconds, one at a time, while ticks go on", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder, everySeconds: 0.001 });
    while (kept.events.length < 3) {
      await kept.ticks(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ticks = kept.events.map(({ tick }) => tick as number);
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
    expect(kept.engine.net.state.tick).toBeGreaterThan(ticks[0]);
    await kept.engine.close();
  });

  it("are written when somebody asks, and the reply comes when it can be read", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder });
    await kept.ticks(7);
    const both = [kept.checkpoint(), kept.checkpoint()];
    const result = await both[0];
    expect(result).toMatchObject({ name: "tick-000000000007", tick: 7 });
    const sizes = readdirSync(folder).map((file) => readFileSync(join(folder, file)).length);
    expect(result.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    await both[1];
    expect((await readCheckpoint(join(folder, String(result.name)))).snapshot.scalars.tick).toBe(7);
    await kept.engine.close();
  });

  it("are written once more as it ends, if anything has happened since the last", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder });
    await kept.ticks(3);
    await kept.checkpoint();
    await kept.engine.close();
    expect(kept.events).toHaveLength(1);
    const next = await keptEngine(kernels, { folder }, { from: folder });
    await next.ticks(2);
    await next.engine.close();
    expect(namesIn(folder)).toEqual(["tick-000000000003", "tick-000000000005"]);
    const steered = await keptEngine(kernels, { folder }, { from: folder });
    await steered.apply({ kind: "beta", value: 0.5 });
    await steered.engine.close();
    expect((await openFrom(folder)).checkpoint.snapshot.scalars).toMatchObject({ tick: 5, beta: 0.5 });
  });

  it("give a state back by name, and by nothing else", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder, keep: 2 });
    await kept.ticks(4);
    await kept.checkpoint();
    await kept.ticks(9);
    await kept.apply({ kind: "restore", checkpoint: "tick-000000000004" });
    expect(kept.engine.net.state.tick).toBe(4);
    for (const checkpoint of [
      "../outside",
      "tick-4",
      "/etc/passwd",
      "tick-000000000004.json",
      "tick-000000000013",
    ]) {
      const error = await rejectionOf(kept.apply({ kind: "restore", checkpoint }));
      expect(error).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^checkpoint: given .*one of tick-000000000004/),
      });
    }
    await kept.engine.close();
  });

  it("after a restore the latest is the one written last, whatever its tick, and it stays", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder, keep: 2, everyTicks: 10 });
    for (let i = 0; i < 3; i++) {
      await kept.ticks(10);
      await kept.settle();
    }
    await kept.apply({ kind: "restore", checkpoint: "tick-000000000020" });
    await kept.ticks(3);
    await kept.checkpoint();
    expect(namesIn(folder)).toEqual(["tick-000000000023", "tick-000000000030"]);
    expect((await openFrom(folder)).checkpoint.snapshot.scalars.tick).toBe(23);
    await kept.engine.close();
    const next = await keptEngine(kernels, { folder, keep: 2 }, { from: folder });
    expect(next.latest()).toEqual({ name: "tick-000000000023", tick: 23 });
    await next.ticks(1);
    await next.checkpoint();
    expect(namesIn(folder)).toEqual(["tick-000000000023", "tick-000000000024"]);
    await next.engine.close();
  });

  it("are read when a write of the same tick, which takes the place of one, is done", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder });
    await kept.ticks(4);
    const { name } = await kept.checkpoint();
    await kept.apply({ kind: "beta", value: 0.5 });
    const written = kept.checkpoint();
    // its state has been read then, and it is being written
    await kept.engine.between(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    const { snapshot } = await kept.engine.checkpoint(String(name));
    expect(snapshot.scalars).toMatchObject({ tick: 4, beta: 0.5 });
    await written;
    await kept.engine.close();
  });

  it("are not written of a state that is no number any more: the last good one stays", async () => {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder, keep: 1 });
    await kept.ticks(2);
    await kept.checkpoint();
    await kept.ticks(1);
    const { states } = kept.engine.net.state;
    const [batch, neurons] = states.get("m2")?.shape ?? [0, 0];
    const spoilt = new Float32Array(batch * neurons).fill(0.5);
    spoilt[5] = Number.NaN;
    put(kernels, states, "m2", kernels.tensor(spoilt, [batch, neurons]));
    const error = await rejectionOf(kept.checkpoint());
    expect(error).toMatchObject({
      code: "NOT_FINITE",
      message: expect.stringMatching(/states\/m2\[5\] is NaN at tick 3/),
    });
    await kept.engine.close();
    expect(kept.events.map(({ kind, tick }) => [kind, tick])).toEqual([
      ["checkpoint", 2],
      // told once, though the end asked for one again
      ["checkpointFailed", 3],
    ]);
    expect(namesIn(folder)).toEqual(["tick-000000000002"]);
    expect((await openFrom(folder)).checkpoint.snapshot.scalars.tick).toBe(2);
  });
});

describe("a folder of checkpoints", () => {
  async function withTwo(): Promise<string> {
    const folder = newFolder();
    const kept = await keptEngine(kernels, { folder });
    for (let i = 0; i < 2; i++) {
      await kept.ticks(5);
      await kept.checkpoint();
    }
    await kept.engine.close();
    return folder;
  }

  it("gives the latest that is whole, and says which were not", async () => {
    for (const path of [
      (folder: string) => join(folder, "tick-000000000010.json"),
      (folder: string) => tensorsOf(folder, "tick-000000000010"),
    ]) {
      const folder = await withTwo();
      damage(path(folder));
      const { path: found, passedOver } = await openFrom(folder);
      expect(found).toBe(join(folder, "tick-000000000005.json"));
      expect(passedOver).toEqual([
        { name: "tick-000000000010", reason: expect.stringMatching(/tick-000000000010.*(damaged|given)/) },
      ]);
    }
  });

  it("in which none is whole, or none at all, is refused", async () => {
    const folder = await withTwo();
    for (const name of namesIn(folder)) damage(tensorsOf(folder, name));
    expect(await rejectionOf(openFrom(folder))).toMatchObject({
      code: "CHECKSUM_MISMATCH",
      message: expect.stringMatching(/none of 2 is whole; the latest: .*tick-000000000010/),
    });
    const empty = newFolder();
    expect((await rejectionOf(openFrom(empty))).code).toBe("FILE_NOT_FOUND");
    await openCheckpointFolder({ folder: empty }, null);
    expect((await rejectionOf(openFrom(empty))).message).toMatch(/there are none$/);
  });

  it("is not given to another run, whose checkpoints would take the place of these", async () => {
    const folder = await withTwo();
    const before = readdirSync(folder);
    const error = await rejectionOf(keptEngine(kernels, { folder }));
    expect(error).toMatchObject({ code: "FILE_EXISTS", message: expect.stringMatching(/--from/) });
    expect(readdirSync(folder)).toEqual(before);
  });

  it("is cleared of what a kill left, and of nothing else", async () => {
    const folder = await withTwo();
    const own = readdirSync(folder);
    const others = ["tick-1.safetensors", "mine.json.part", "notes.txt"];
    for (const file of [
      ...others,
      "tick-000000000015-0123456789ab.safetensors",
      "tick-000000000015-0123456789ab.safetensors.part",
      "tick-000000000015.json.part",
    ]) {
      writeFileSync(join(folder, file), "");
    }
    await openCheckpointFolder({ folder }, join(folder, "tick-000000000010.json"));
    expect(readdirSync(folder).sort()).toEqual([...own, ...others].sort());
  });

  it.each([
    [{ everyTicks: 0 }, /^checkpoints\.everyTicks: given 0/],
    [{ everySeconds: -1 }, /^checkpoints\.everySeconds: given -1/],
    [{ keep: 0 }, /^checkpoints\.keep: given 0/],
  ])("has a schedule that is one: %j is refused", async (options, text) => {
    const error = await rejectionOf(openCheckpointFolder({ folder: newFolder(), ...options }, null));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
  });
});
