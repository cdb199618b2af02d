import { spawnSync } from "node:child_process";
import { memoryUsage } from "node:process";
import { afterEach, describe, expect, it } from "vitest";
import type { Kernels, Moments, Tensor } from "../../../src/kernels/kernels.js";
import { Arena } from "../../../src/kernels/simd/arena.js";
import { openSimd, simdRowForms, simdVariant } from "../../../src/kernels/simd/open-simd.js";
import { threadCount } from "../../../src/kernels/simd/threads.js";
import { sparseWeights } from "../../../src/kernels/sparse-weights.js";
import { random } from "../../../src/model/random.js";
import { commandLine } from "../../built.js";
import { errorOf } from "../../error-of.js";
import { openVariant, variants } from "./engines.js";
import { recurrent, values } from "./large-cases.js";

describe("the arena", () => {
  it("gives room that nobody else has, and the same again once it is free", () => {
    const arena = new Arena();
    const source = random(1, "arena");
    const taken = new Map<number, number>();
    for (let round = 0; round < 3000; round++) {
      const [oldest] = taken.keys();
      if (taken.size > 40 && oldest !== undefined) {
        arena.free(oldest);
        taken.delete(oldest);
      }
      const bytes = 1 + source.integer(2 ** source.integer(16));
      const offset = arena.allocate(bytes);
      expect(offset % 64).toBe(0);
      for (const [other, length] of taken) {
        expect(offset + bytes <= other - 64 || other + length <= offset - 64).toBe(true);
      }
      taken.set(offset, bytes);
    }
    expect(arena.bytes).toBeLessThan(2 ** 24);
    const offset = arena.allocate(5000);
    arena.free(offset);
    expect(arena.allocate(5100)).toBe(offset);
  });

  it("takes back what an operation that failed had taken, and no more", () => {
    const arena = new Arena();
    const kept = arena.allocate(300);
    const taken: number[] = [];
    expect(() =>
      arena.guarded(() => {
        taken.push(arena.allocate(300), arena.allocate(9000));
        arena.free(arena.allocate(70_000));
        arena.guarded(() => taken.push(arena.allocate(300)));
        throw new Error("no more");
      }),
    ).toThrow("no more");
    const again = [arena.allocate(300), arena.allocate(300), arena.allocate(9000)];
    expect(again.sort()).toEqual(taken.sort());
    expect(again).not.toContain(kept);
    const left = arena.guarded(() => arena.allocate(300));
    expect([kept, ...again]).not.toContain(left);
  });

  it("can be read a vector beyond the end of every allocation", () => {
    const arena = new Arena();
    for (let size = 0; size < 3000; size++) {
      const bytes = 1 + ((size * 7919) % 70_000);
      const end = arena.allocate(bytes) + bytes;
      expect(end + 64).toBeLessThanOrEqual(arena.bytes);
    }
  });

  it("says when there is no more, and is not harmed by it", () => {
    const residentBefore = memoryUsage.rss();
    const arena = new Arena();
    const large = arena.allocate(3 * 2 ** 30);
    const { code, message } = errorOf(() => arena.allocate(2 ** 30 + 1));
    expect(code).toBe("OUT_OF_MEMORY");
    expect(message).toMatch(/^backend "simd": \d+ MiB are needed, at most 4095 MiB can be had; use fewer/);
    expect(arena.allocate(1000)).toBeGreaterThan(large);
    arena.free(large);
    expect(arena.allocate(3 * 2 ** 30)).toBe(large);
    // pages that nobody touches are no memory
    expect(memoryUsage.rss() - residentBefore).toBeLessThan(2 ** 29);
  });

  it.skipIf(process.platform !== "linux")("says when its addresses cannot be reserved (Linux)", () => {
    const limited = ["-c", 'ulimit -v 6000000 && exec "$0" "$@"', process.execPath];
    const asked = [commandLine, "run", "--headless", "--ticks", "10", "--backend", "simd"];
    const { status, stderr } = spawnSync("sh", [...limited, ...asked], { encoding: "utf8" });
    expect(stderr).toMatch(/^eddy: backend "simd": 10 GiB of addresses cannot be reserved; .*\n$/);
    expect(status).toBe(2);
  });

  it("is what kernels run out of", () => {
    const { kernels } = openVariant("wasm", 1);
    const { code } = errorOf(() => kernels.drive({ batch: 2 ** 20, units: 1024, terms: [] }));
    expect(code).toBe("OUT_OF_MEMORY");
    kernels.close();
  });
});

/** A tick of a module that learns every sixteenth time: as a network runs for days. */
function ticking(kernels: Kernels, batch: number) {
  const [neurons, inputs] = [160, 64];
  const source = random(2, "ticks");
  let matrix = kernels.matrix(sparseWeights(recurrent(source, neurons, 0.22), neurons));
  let ownMoments: Moments | null = null;
  let weights = kernels.tensor(values(source, inputs * neurons), [inputs, neurons]);
  let moments: Moments | null = null;
  let state: Tensor | null = null;
  return (tick: number): void => {
    const input = kernels.tensor(values(source, batch * inputs), [batch, inputs]);
    const term = { source: input, block: [0, inputs], weights, scale: 1, target: [0, neurons] } as const;
    const drive = kernels.drive({ batch, units: neurons, terms: [term] });
    const request = { matrix, activation: "tanh", from: state ?? "zero", drive, iterations: 1 } as const;
    const [settled] = kernels.settle([request]);
    if (state) kernels.dispose(state);
    state = settled.state;
    if (tick % 16 === 0) {
      const gradient = {
        source: input,
        block: [0, inputs],
        error: state,
        errorBlock: [0, neurons],
        scale: 0.01,
      };
      const step = tick / 16 + 1;
      const optimiser = {
        kind: "adam",
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        step,
      } as const;
      const learned = kernels.learn({
        terms: [gradient as typeof gradient & { block: [number, number]; errorBlock: [number, number] }],
        weights,
        moments,
        optimiser,
      });
      ({ weights, moments } = learned);
      const block = [0, neurons] as const;
      const own = kernels.learnMatrix({
        terms: [{ source: state, block, error: state, errorBlock: block, scale: 1e-3 }],
        matrix,
        moments: ownMoments,
        optimiser,
      });
      ({ matrix, moments: ownMoments } = own);
    }
    kernels.dispose(input);
    kernels.dispose(drive);
  };
}

describe.each(variants)("%s", (variant) => {
  it.each([1, 5])("takes no memory in 2,000 ticks of a batch of %d", (batch) => {
    const { kernels, arena } = openVariant(variant, 2);
    const tick = ticking(kernels, batch);
    for (let warmUp = 0; warmUp < 33; warmUp++) tick(warmUp);
    const [bytes, live, before] = [arena.bytes, kernels.live(), arena.allocate(1)];
    for (let made = 33; made < 2000; made++) tick(made);
    arena.free(before);
    expect([arena.bytes, kernels.live(), arena.allocate(1)]).toEqual([bytes, live, before]);
    kernels.close();
  });
});

describe("EDDY_THREADS, EDDY_SIMD and EDDY_SIMD_FORMS", () => {
  const { EDDY_SIMD, EDDY_SIMD_FORMS, EDDY_THREADS } = process.env;
  afterEach(() => {
    for (const [name, value] of Object.entries({ EDDY_SIMD, EDDY_SIMD_FORMS, EDDY_THREADS })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it.each(["0", "17", "-1", "1.5", "two", "Infinity", "1e9"])("refuses %j threads", (given) => {
    process.env.EDDY_THREADS = given;
    const { code, message } = errorOf(() => openSimd());
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toBe(`EDDY_THREADS is "${given}", needed a whole number from 1 to 16`);
  });

  it.each(["avx", "AVX2", "1"])("refuses the code %j", (given) => {
    process.env.EDDY_SIMD = given;
    const { code, message } = errorOf(() => openSimd());
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toBe(`EDDY_SIMD is "${given}", allowed are auto, wasm, avx512, avx2, sse42, neon`);
  });

  it("refuses code for another processor", () => {
    process.env.EDDY_SIMD = variants.includes("neon") ? "avx2" : "neon";
    const { code, message } = errorOf(() => openSimd());
    expect(code).toBe("BACKEND_UNAVAILABLE");
    expect(message).toContain(`${process.env.EDDY_SIMD} does not run here`);
  });

  it("refuses other forms", () => {
    process.env.EDDY_SIMD_FORMS = "slots";
    const { code, message } = errorOf(() => openSimd());
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toBe('EDDY_SIMD_FORMS is "slots", allowed are fastest, lists');
  });

  it("keeps lists alone, with the same bits, where they are asked for", async () => {
    const units = 300;
    const matrix = recurrent(random(5, "forms"), units, 0.25);
    const drive = values(random(6, "forms"), units);
    const results = (["fastest", "lists"] as const).map(async (forms) => {
      const kernels = openSimd("auto", 1, forms);
      const [settled] = kernels.settle([
        {
          matrix: kernels.matrix(sparseWeights(matrix, units)),
          activation: "tanh",
          from: "zero",
          drive: kernels.tensor(drive, [1, units]),
          iterations: 8,
        },
      ]);
      const state = await kernels.read(settled.state);
      kernels.close();
      return state;
    });
    const [fastest, lists] = await Promise.all(results);
    expect(lists).toEqual(fastest);
    expect([simdRowForms(""), simdRowForms("lists")]).toEqual(["fastest", "lists"]);
  });

  it("takes what is allowed, and nothing for the defaults", () => {
    expect([threadCount("1"), threadCount("16")]).toEqual([1, 16]);
    expect(threadCount("")).toBeGreaterThanOrEqual(1);
    expect([simdVariant(""), simdVariant("wasm")]).toEqual(["auto", "wasm"]);
    process.env.EDDY_SIMD = "wasm";
    process.env.EDDY_THREADS = "2";
    openSimd().close();
  });
});
