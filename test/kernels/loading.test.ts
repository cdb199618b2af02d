import { afterEach, describe, expect, it, vi } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";

/** In a file of its own: a backend starts once in a process, and the other tests start them all. */
describe.each(["cpu", "wasm"])("starting %s", (name) => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("prints nothing, and leaves the process's error handling alone", async () => {
    const prints = [
      vi.spyOn(process.stdout, "write"),
      vi.spyOn(process.stderr, "write"),
      ...(["log", "warn", "info", "error"] as const).map((method) => vi.spyOn(console, method)),
    ];
    const handlers = () => [process.listeners("uncaughtException"), process.listeners("unhandledRejection")];
    const before = handlers();
    const kernels = await openKernels(name);
    await kernels.read(kernels.meanMagnitude(kernels.tensor(Float32Array.of(1, -3), [2])));
    kernels.close();
    expect(handlers()).toEqual(before);
    for (const print of prints) expect(print).not.toHaveBeenCalled();
  });
});
