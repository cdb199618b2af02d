import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeLearnableSet } from "../arbitraries/learnable-images.js";
import { runEddy } from "../child-process.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();

describe("eddy doctor", () => {
  it("tells which backends work here and how fast, and which data are found", async () => {
    writeLearnableSet(join(folder, "mnist"), { training: 20, test: 10 });
    const { code, stdout } = await runEddy(["doctor", "--json", "--data", folder]);
    expect(code).toBe(0);
    const { node, backends, data } = JSON.parse(stdout);
    expect(node).toBe(process.versions.node);
    const byName = Object.fromEntries(backends.map((backend: { name: string }) => [backend.name, backend]));
    expect(Object.keys(byName)).toEqual(expect.arrayContaining(["reference", "wasm", "cpu", "tensorflow"]));
    for (const name of ["reference", "wasm"]) {
      expect(byName[name].available).toBe(true);
      expect(byName[name].tickMicroseconds).toBeGreaterThan(0);
    }
    for (const { available, tickMicroseconds, detail } of backends) {
      expect(tickMicroseconds === null).toBe(!available);
      expect(detail).not.toBe("");
    }
    expect(byName.simd.detail).toMatch(/; here (wasm|sse42|avx2|avx512|neon), \d+ threads?$/);
    if (byName.webgpu.available) expect(byName.webgpu.detail).toMatch(/; here .+/);
    expect(data).toEqual([
      { name: "mnist", found: true, detail: expect.stringMatching(/^20 \+ 10 images in /) },
      { name: "fashion-mnist", found: false, detail: expect.stringMatching(/eddy data get fashion-mnist/) },
      { name: "cifar-10", found: false, detail: expect.stringMatching(/eddy data get cifar-10/) },
    ]);
  });

  it("tells people the same, in lines", async () => {
    const { code, stdout } = await runEddy(["doctor", "--data", folder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Node \d+\.\d+/);
    expect(stdout).toMatch(/\+ wasm +\d+ us a tick/);
    expect(stdout).toMatch(/- fashion-mnist +no fashion-mnist data/);
  });
});
