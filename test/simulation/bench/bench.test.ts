import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../../src/kernels/backends.js";
import { runBench } from "../../../src/simulation/bench/bench.js";
import type { BenchOptions } from "../../../src/simulation/bench/bench-options.js";
import { benchResultSchema } from "../../../src/simulation/bench/bench-result.js";
import { differing } from "../../../src/simulation/bench/decisions.js";
import { writeLearnableSet } from "../../arbitraries/learnable-images.js";
import { temporaryFolder } from "../../temporary-folder.js";

const data = temporaryFolder();
writeLearnableSet(join(data, "fashion-mnist"), { training: 1500, test: 600 });

const small: BenchOptions = {
  parts: [],
  modules: 2,
  neurons: 32,
  batches: [1, 3],
  seconds: 0.001,
  epochs: 1,
  tolerance: null,
  epsilon: null,
  quick: false,
  data,
};

async function bench(options: Partial<BenchOptions>, backend = "reference") {
  const kernels = await openKernels(backend);
  const told: string[] = [];
  const result = await runBench(kernels, { ...small, ...options }, ({ done, total, what }) => {
    expect(done).toBeLessThanOrEqual(total);
    told.push(what);
  });
  expect(kernels.live()).toBe(0);
  kernels.close();
  return { result: benchResultSchema.parse(result), told: [...new Set(told)] };
}

describe.each(["reference", "wasm"])("a bench on %s", (backend) => {
  it("measures steps, ticks and overhead, and leaves nothing behind", async () => {
    const { result, told } = await bench({ parts: ["steps", "ticks", "overhead"] }, backend);
    expect(Object.keys(result.batches)).toEqual(["1", "3"]);
    for (const { infer, learn } of Object.values(result.batches)) {
      expect(infer?.runs).toBeGreaterThanOrEqual(5);
      expect(learn?.runs).toBeGreaterThanOrEqual(5);
    }
    expect(result.batches["1"].ticks_per_s).toBe(result.ticks.learning?.ticks_per_s);
    expect(result.ticks.resting?.ticks_per_s).toBeGreaterThan(0);
    expect(result.overhead.map(({ modules, neurons }) => [modules, neurons])).toEqual([
      [2, 32],
      [2, 64],
    ]);
    for (const { tick_us, kernels_us, us_per_module_and_tick } of result.overhead)
      expect(us_per_module_and_tick).toBeCloseTo((tick_us - kernels_us) / 2, 1);
    expect(told).toContain("learning step, batch 3");
    expect(result.skipped).toEqual([]);
  });

  it("measures with a tolerance and an epsilon, too", async () => {
    const { result } = await bench({ parts: ["steps", "ticks"], tolerance: 0.01, epsilon: 0.001 }, backend);
    expect(result).toMatchObject({ tolerance: 0.01, epsilon: 0.001 });
    expect(result.ticks.learning?.ticks_per_s).toBeGreaterThan(0);
  });
});

describe("a bench", () => {
  it("measures only what it is asked for", async () => {
    const { result, told } = await bench({ parts: ["steps"], batches: [2] });
    expect(told).toEqual(["inference, batch 2", "learning step, batch 2"]);
    expect(result).toMatchObject({ ticks: {}, overhead: [], sweeps: { modules: [], sizes: [], rates: [] } });
  });

  it("stops after the measurement that is under way", async () => {
    const kernels = await openKernels("reference");
    const stop = new AbortController();
    const options = { ...small, parts: ["steps"] as const };
    const result = await runBench(kernels, options, () => stop.abort(), stop.signal);
    expect(Object.keys(result.batches)).toEqual(["1"]);
    expect(result.batches["1"].learn).toBeUndefined();
    kernels.close();
  });

  it("makes an epoch: of 1,500 images three steps, of 600 two inferences", async () => {
    const { result } = await bench({ parts: ["epoch"] });
    expect(result.epoch).toMatchObject({ batch: 500, learning_steps: 3, inferences: 2 });
    expect(result.epoch?.seconds).toBeGreaterThan(0);
  });

  it("compares decisions: none differ without an approximation to speak of, most with a coarse one", async () => {
    const at = async (tolerance: number) => {
      const { result } = await bench({ parts: ["decisions"], epochs: 3, tolerance });
      expect(result.decisions).toMatchObject({ images: 600, epochs: 3 });
      const [one, ...others] = result.decisions?.approximations ?? [];
      expect(others).toEqual([]);
      expect(one.tolerance).toBe(tolerance);
      return { ...one, exact: result.decisions?.exact_accuracy };
    };
    const fine = await at(1e-9);
    expect(fine.different).toBe(0);
    expect(fine.accuracy).toBe(fine.exact);
    const coarse = await at(1);
    expect(coarse.different).toBeGreaterThan(0);
  });

  it("refuses parts whose data are not there", async () => {
    await expect(bench({ parts: ["epoch"], data: join(data, "none") })).rejects.toMatchObject({
      code: "DATA_MISSING",
    });
  });
});

describe("decisions", () => {
  it("differ where the classes do", () => {
    expect(differing([1, 2, 3, 4], [1, 0, 3, 5])).toBe(2);
    expect(differing([], [])).toBe(0);
  });
});
