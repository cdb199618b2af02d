import { describe, expect, it } from "vitest";
import { EddyError } from "../../src/errors.js";
import { availableBackends, backendNames, defaultBackend, openKernels } from "../../src/kernels/backends.js";
import { tfjsBackends } from "./open-backends.js";

const native = tfjsBackends.find(({ name }) => name === "tensorflow");

describe("openKernels", () => {
  it("says which names there are when it is given another", async () => {
    const refusal = openKernels("cuda");
    await expect(refusal).rejects.toBeInstanceOf(EddyError);
    await expect(refusal).rejects.toMatchObject({
      code: "UNKNOWN_BACKEND",
      message: `backend "cuda" is unknown, allowed are ${backendNames.join(", ")}`,
    });
  });

  it.skipIf(native?.available)("says what to install for a backend that is absent", async () => {
    const refusal = openKernels("tensorflow");
    await expect(refusal).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    await expect(refusal).rejects.toThrow(
      /^[^\n]*@tensorflow\/tfjs-node is not installed[^\n]*install[^\n]*$/,
    );
  });

  it("opens the same backend many times at once, each with handles of its own", async () => {
    const opened = await Promise.all(["wasm", "cpu", "wasm", "cpu"].map(openKernels));
    const tensors = opened.map((kernels, index) => kernels.tensor(Float32Array.of(index), [1]));
    expect(opened.map((kernels) => kernels.live())).toEqual([1, 1, 1, 1]);
    opened[0].close();
    const values = opened
      .slice(1)
      .map((kernels, index) => kernels.read(kernels.meanMagnitude(tensors[index + 1])));
    expect((await Promise.all(values)).map(([value]) => value)).toEqual([1, 2, 3]);
    for (const kernels of opened.slice(1)) kernels.close();
  });
});

describe("availableBackends", () => {
  it("names each backend, with what it is or what to do", async () => {
    const found = await availableBackends();
    expect(found.map(({ name }) => name)).toEqual([...backendNames]);
    for (const { name, available, detail } of found) {
      expect(detail.length).toBeGreaterThan(10);
      if (name === "reference" || name === defaultBackend) expect(available).toBe(true);
    }
  });
});
