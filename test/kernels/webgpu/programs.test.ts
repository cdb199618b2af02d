import { describe, expect, it } from "vitest";
import { Gpu } from "../../../src/kernels/webgpu/gpu.js";
import { allPrograms } from "../../../src/kernels/webgpu/programs.js";

/** Checks WGSL and bindings, and computes nothing: it needs no driver. */
const gpu = await Gpu.open(["backend=null"]);

describe("every program", () => {
  it("has a name of its own", () => {
    const names = allPrograms.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(20);
  });

  it.each(allPrograms.map((program) => [program.name, program] as const))(
    "compiles: %s",
    async (_, program) => {
      const { device } = gpu;
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ code: program.code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map(({ message, lineNum }) => `${lineNum}: ${message}`)).toEqual([]);
      gpu.pipeline(program);
      expect((await device.popErrorScope())?.message).toBeUndefined();
      // what every device has
      expect(program.buffers.length).toBeLessThanOrEqual(8);
      gpu.check();
    },
  );

  it("is refused when it is wrong", async () => {
    gpu.device.pushErrorScope("validation");
    gpu.device.createShaderModule({ code: `${allPrograms[0].code}\nfn more() -> f32 { return 1u; }` });
    expect((await gpu.device.popErrorScope())?.message).toContain("return");
  });
});
