import { describe, expect, it } from "vitest";
import { sparseWeights } from "../../src/kernels/sparse-weights.js";
import { initialWeights } from "../../src/model/initial-weights.js";
import type { Distribution, NetworkDescriptionInput } from "../../src/model/network-description.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { spectralRadius } from "../../src/model/spectral-radius.js";
import { byName } from "../weights-by-name.js";
import { refused } from "./refused.js";
import { deviationFromUniform, distance, mean, normalBelow, standardDeviation } from "./statistics.js";

const small = { modules: 2, neurons: 32, inputs: 4, outputs: 3 };

type Numbers = ReadonlyMap<string, Float32Array>;

const draw = (description: NetworkDescriptionInput, seed: number): Numbers =>
  byName(initialWeights(resolveNetwork(description), seed));

/** Numbers of one name. */
function of(weights: Numbers, name: string): Float32Array {
  const values = weights.get(name);
  expect(values, name).toBeDefined();
  return values as Float32Array;
}

/** Numbers drawn for a pathway from 400 inputs to 500 units by a distribution. */
function drawn(weights: Distribution): Float32Array {
  const description: NetworkDescriptionInput = {
    modules: { m: { neurons: 500, connectionRate: 0.01, blocks: { all: [0, 500] } } },
    inputs: { x: 400 },
    forward: [{ source: "x", target: "m.all", weights }],
  };
  return of(draw(description, 7), "x->m");
}

describe("initial weights", () => {
  it("have the names and shapes of the network", () => {
    const weights = draw(chain(small), 1);
    expect(Object.fromEntries([...weights].map(([name, { length }]) => [name, length]))).toEqual({
      "m1.W": 32 * 32,
      "m1.b": 32,
      "m2.W": 32 * 32,
      "m2.b": 32,
      "x->m1": 4 * 8,
      "m1->m2": 8 * 8,
      "m2->out": 8 * 3,
      "error(out)->m2": 3 * 8,
      "error(m2)->m1": 8 * 8,
      "out.b": 3,
    });
  });

  it("are uniform in +-bound", () => {
    const values = drawn({ distribution: "uniform", bound: 0.3 });
    expect(deviationFromUniform(values, -0.3, 0.3)).toBeLessThan(0.005);
  });

  it("are uniform in +-1/sqrt(fan-in)", () => {
    const values = drawn({ distribution: "fan-in" });
    expect(deviationFromUniform(values, -1 / 20, 1 / 20)).toBeLessThan(0.005);
  });

  it("are normal with the given deviation", () => {
    const values = drawn({ distribution: "normal", deviation: 0.1 });
    expect(distance(values, (value) => normalBelow(value / 0.1))).toBeLessThan(0.005);
  });

  it("are zero on request", () => {
    expect(drawn({ distribution: "zero" }).every((value) => value === 0)).toBe(true);
  });

  it("give a chain uniform weights: forward by fan-in, errors in +-1, from a readout +-1/sqrt(its size)", () => {
    const weights = draw(chain({ modules: 2, neurons: 256, inputs: 100, outputs: 16 }), 3);
    expect(deviationFromUniform(of(weights, "x->m1"), -0.1, 0.1)).toBeLessThan(0.03);
    expect(deviationFromUniform(of(weights, "m1->m2"), -1 / 8, 1 / 8)).toBeLessThan(0.03);
    expect(deviationFromUniform(of(weights, "m2->out"), -1 / 8, 1 / 8)).toBeLessThan(0.06);
    expect(deviationFromUniform(of(weights, "error(m2)->m1"), -1, 1)).toBeLessThan(0.03);
    expect(deviationFromUniform(of(weights, "error(out)->m2"), -1 / 4, 1 / 4)).toBeLessThan(0.06);
    for (const bias of ["m1.b", "m2.b", "out.b"])
      expect(of(weights, bias).every((value) => value === 0)).toBe(true);
  });

  it("give two tasks normal weights: forward and readout 0.1, errors 0.5", () => {
    const weights = draw(twoTasks({ preset: "shared-feedback", neurons: 384, inputs: 50, outputs: 40 }), 4);
    const expected = {
      "x1->m1": 0.1,
      "m3->m4": 0.1,
      "m2->out1": 0.1,
      "error(out1)->m4": 0.5,
      "error(m4)->m3": 0.5,
    };
    for (const [name, deviation] of Object.entries(expected))
      expect(Math.abs(standardDeviation(of(weights, name)) / deviation - 1), name).toBeLessThan(0.05);
  });

  it("scale each module's recurrent matrix to its own spectral radius", () => {
    const description = chain({ modules: 2, neurons: 64 });
    description.modules.m2.spectralRadius = 0.9;
    const weights = draw(description, 5);
    expect(spectralRadius(sparseWeights(of(weights, "m1.W"), 64))).toBeCloseTo(0.25, 5);
    expect(spectralRadius(sparseWeights(of(weights, "m2.W"), 64))).toBeCloseTo(0.9, 5);
  });

  it("draw a module's bias where the description has one", () => {
    const description = chain({ ...small, neurons: 1024 });
    description.modules.m1.bias = { distribution: "uniform", bound: 0.5 };
    description.modules.m2.bias = { distribution: "fan-in" };
    const weights = draw(description, 6);
    expect(deviationFromUniform(of(weights, "m1.b"), -0.5, 0.5)).toBeLessThan(0.06);
    expect(deviationFromUniform(of(weights, "m2.b"), -1 / 32, 1 / 32)).toBeLessThan(0.06);
  });

  it("draw a readout's bias by the fan-in of all its sources, as the authors' code does for one block", () => {
    const readout = (sources: string[]) => {
      const description = chain({ ...small, neurons: 64, outputs: 2000 });
      const bias = { initial: { distribution: "fan-in" as const } };
      return of(
        draw(
          {
            ...description,
            readouts: {
              out: { size: 2000, sources: sources.map((source) => ({ id: source, source })), bias },
            },
          },
          8,
        ),
        "out.b",
      );
    };
    expect(deviationFromUniform(readout(["m2.SI"]), -1 / 4, 1 / 4)).toBeLessThan(0.05);
    const three = ["m2.SI", "m1.SI", "m1.RI", "m1.SE"];
    expect(deviationFromUniform(readout(three), -1 / 8, 1 / 8)).toBeLessThan(0.05);
  });

  it("refuse a module whose draw has no recurrence, saying what to do", () => {
    const description = chain({ ...small, neurons: 4, connectionRate: 0.07 });
    expect(refused(() => draw(description, 1))).toMatch(
      /^NO_SPECTRAL_RADIUS connectionRate: 0\.07 of 4 x 4 .* raise connectionRate/,
    );
  });
});

describe("the seed of initial weights", () => {
  it("gives the same numbers every time, and another seed other numbers", () => {
    const first = draw(chain(small), 11);
    expect(draw(chain(small), 11)).toEqual(first);
    const other = draw(chain(small), 12);
    for (const [name, values] of first)
      if (!name.endsWith(".b")) expect(of(other, name), name).not.toEqual(values);
  });

  it("gives each matrix a stream of its own: what is added to a network changes nothing that was there", () => {
    const before = chain(small);
    const after: NetworkDescriptionInput = {
      ...before,
      modules: { first: { neurons: 16 }, ...before.modules },
      inputs: { y: 7, ...before.inputs },
      forward: [{ source: "y", target: "first.RI" }, ...(before.forward ?? [])],
      errorPathways: [{ source: "error(first.SE)", target: "m1.RE" }, ...(before.errorPathways ?? [])],
    };
    const [old, now] = [draw(before, 13), draw(after, 13)];
    for (const [name, values] of old) expect(of(now, name), name).toEqual(values);
    expect(now.size).toBe(old.size + 4);
  });

  it("does not let one matrix's size or distribution change another's", () => {
    const before = draw(chain(small), 14);
    const description = chain({ ...small, inputs: 9 });
    Object.assign(description.forward?.[1] ?? {}, { weights: { distribution: "normal", deviation: 2 } });
    const after = draw(description, 14);
    for (const [name, values] of before)
      if (name !== "x->m1" && name !== "m1->m2") expect(of(after, name), name).toEqual(values);
  });

  it("draws streams that have nothing to do with each other", () => {
    const weights = draw(chain({ modules: 3, neurons: 128, inputs: 32, outputs: 32 }), 15);
    const matrices = [...weights].filter(([name]) => name.includes("->")).map(([, values]) => values);
    for (const a of matrices)
      for (const b of matrices) {
        if (a === b) continue;
        const product = a.subarray(0, 1024).map((value, i) => value * b[i]);
        const scale = standardDeviation(a) * standardDeviation(b);
        expect(Math.abs(mean(product)) / scale).toBeLessThan(4.5 / Math.sqrt(1024));
      }
  });
});
