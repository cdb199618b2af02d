import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { openFrom } from "../../../src/simulation/checkpoints/open-from.js";
import { rejectionOf } from "../../error-of.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { keptEngine } from "./kept-engine.js";

const folder = join(temporaryFolder(), "small");
mkdirSync(folder);

/** Why no small disk can be made here, or null. */
const noDisk = ((): string | null => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `no tmpfs can be mounted: ${String(error instanceof Error ? error.message : error).trim()}`;
  }
})();
afterAll(() => {
  if (noDisk === null) execFileSync("umount", [folder]);
});

/** Leaves so many bytes free. */
function fill(freeBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, "filler"), new Uint8Array(Math.max(0, bavail * bsize - freeBytes)));
}

describe.skipIf(noDisk)(`on a full disk ${noDisk ? `(${noDisk})` : ""}`, () => {
  it("a simulation goes on, says so, its last checkpoint loads, and it writes again when there is room", async () => {
    const kernels = await openKernels("reference");
    const kept = await keptEngine(kernels, { folder, everyTicks: 5, keep: 2 });
    await kept.ticks(5);
    await kept.settle();
    const whole = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "hex")]);
    fill(8192);
    await kept.ticks(5);
    await kept.settle();
    expect(kept.events.at(-1)).toMatchObject({
      kind: "checkpointFailed",
      tick: 10,
      reason: expect.stringMatching(/ENOSPC.*the one before it, if any, is untouched/),
    });
    // told once, however often it is tried
    await kept.ticks(20);
    expect(await rejectionOf(kept.checkpoint())).toMatchObject({ code: "NO_SPACE" });
    expect(kept.engine.net.state.tick).toBe(30);
    expect(kept.events).toHaveLength(2);
    expect(kept.latest()).toEqual({ name: "tick-000000000005", tick: 5 });
    expect((await openFrom(folder)).checkpoint.snapshot.scalars.tick).toBe(5);
    rmSync(join(folder, "filler"));
    expect(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "hex")])).toEqual(whole);
    await kept.ticks(5);
    await kept.settle();
    const { kind, tick } = kept.events.at(-1) ?? {};
    expect(kind).toBe("checkpoint");
    expect(tick).toBeGreaterThan(30);
    expect((await openFrom(folder)).checkpoint.snapshot.scalars.tick).toBe(tick);
    await kept.engine.close();
    kernels.close();
  });
});
