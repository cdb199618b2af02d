import { describe, expect, it } from "vitest";
import { lyapunov } from "../../../src/experiments/measures/lyapunov.js";
import { states } from "../../../src/experiments/measures/states.js";
import type { RunInput } from "../../../src/simulation/run-description.js";
import { rejectionOf } from "../../error-of.js";
import { measured } from "./in-context.js";

const run = (spectralRadius: number): RunInput => ({
  network: {
    preset: "chain",
    modules: 2,
    neurons: 64,
    spectralRadius,
    inputs: 1024,
    outputs: 2,
    task: "gabor",
  },
  batch: 3,
  stimuli: { gabor: { source: "gabor" } },
});

describe("the measure lyapunov", () => {
  it.each([
    [0.2, "stable"],
    [4, "chaotic"],
  ])("at a spectral radius of %d tells of a %s module", async (radius, region) => {
    const { rows, live } = await measured(lyapunov, run(radius), { steps: 800 });
    expect(live).toBe(0);
    expect(rows).toHaveLength(1);
    expect(rows[0].region).toBe(region);
    if (region === "chaotic") expect(rows[0].mle).toBeGreaterThan(0.1);
    else expect(rows[0].mle).toBeCloseTo(Math.log(radius), 1);
    expect(rows[0].ftmle).not.toBe(rows[0].mle);
  });

  it("takes the margin of what counts as periodic", async () => {
    const { rows } = await measured(lyapunov, run(0.9), { steps: 200, margin: 1 });
    expect(rows[0].region).toBe("periodic");
  });

  it("drives a module by a stimulus, which another stimulus shows", async () => {
    const driven = async (options: object) =>
      (await measured(lyapunov, run(0.8), { steps: 100, ...options })).rows[0].mle;
    const alone = await driven({});
    const one = await driven({ drive: "stimulus" });
    expect(one).not.toBe(alone);
    expect(await driven({ drive: "stimulus", example: 1 })).not.toBe(one);
    expect(await driven({ drive: "stimulus", module: "m2" })).not.toBe(one);
    expect(await driven({ drive: "stimulus" })).toBe(one);
  });

  it("refuses a module that there is not", async () => {
    const { code, message } = await rejectionOf(measured(lyapunov, run(0.8), { module: "m3" }));
    expect(code).toBe("INVALID_DESCRIPTION");
    expect(message).toContain("measure.module");
  });
});

describe("the measure states", () => {
  it("tells the states of evenly spaced units, and what each step changes in them", async () => {
    const { rows, live } = await measured(states, run(0.5), { steps: 30, units: 4 });
    expect(live).toBe(0);
    expect(rows).toHaveLength(31 * 4);
    expect([...new Set(rows.map(({ unit }) => unit))]).toEqual([0, 16, 32, 48]);
    for (const [i, { step, unit, u, du, state, difference }] of rows.entries()) {
      expect(state).toBeCloseTo(Math.tanh(Number(u)), 6);
      if (step === 0) expect([du, difference]).toEqual([null, null]);
      else {
        expect(rows[i - 4].unit).toBe(unit);
        expect(du).toBe(Number(u) - Number(rows[i - 4].u));
        expect(difference).toBe(Number(state) - Number(rows[i - 4].state));
      }
    }
    // by itself a module of a spectral radius below 1 comes to rest at zero
    for (const { state } of rows.slice(-4)) expect(Math.abs(Number(state))).toBeLessThan(1e-6);
  });

  it("ends where a stimulus holds the module, else in motion at a large spectral radius", async () => {
    const last = async (radius: number, options: object) => {
      const { rows } = await measured(states, run(radius), { steps: 60, units: 64, ...options });
      return rows.slice(-64);
    };
    const largest = (rows: readonly Record<string, unknown>[], column: string) =>
      Math.max(...rows.map((row) => Math.abs(Number(row[column]))));
    const held = await last(0.5, { drive: "stimulus" });
    expect(largest(held, "state")).toBeGreaterThan(0.05);
    expect(largest(held, "difference")).toBeLessThan(1e-6);
    expect(largest(await last(4, {}), "difference")).toBeGreaterThan(0.5);
  });
});

describe("measures that iterate one module", () => {
  const long = { steps: 10_000 };

  it("end soon after they were told to", async () => {
    const ended = [lyapunov, states].map(async (measure) => {
      const abort = new AbortController();
      let shares = 0;
      const told = () => {
        shares += 1;
        if (shares === 2) abort.abort(new Error("enough"));
      };
      const rows = measured<{ readonly steps: number }>(measure, run(0.8), long, "", abort.signal, { told });
      await expect(rows).rejects.toThrow("enough");
      return shares;
    });
    expect(await Promise.all(ended)).toEqual([2, 2]);
  });
});
