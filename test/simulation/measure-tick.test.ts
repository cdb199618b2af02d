import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import { measureTick } from "../../src/simulation/measure-tick.js";
import { resolveRun } from "../../src/simulation/run-description.js";
import { scene } from "./running.js";

describe("measuring a tick", () => {
  it.each(["reference", "wasm"])("gives microseconds on %s, and leaves nothing behind", async (backend) => {
    const kernels = await openKernels(backend);
    const microseconds = await measureTick(kernels, resolveRun(scene));
    expect(microseconds).toBeGreaterThan(0);
    expect(Number.isFinite(microseconds)).toBe(true);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
