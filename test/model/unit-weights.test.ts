import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openKernels } from "../../src/kernels/backends.js";
import type { Activation } from "../../src/kernels/kernels.js";
import { checkWeights, denseWeights, sparseWeights } from "../../src/kernels/sparse-weights.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import {
  clearUnitWeights,
  disconnect,
  sharingUnit,
  silentBias,
  unitWeights,
} from "../../src/model/unit-weights.js";
import { openBackends } from "../kernels/open-backends.js";

const neurons = 7;
const units = fc.uniqueArray(fc.nat(neurons - 1));
const dense = fc
  .array(fc.constantFrom(0, 0, 0.5, -2, 3), { minLength: neurons ** 2, maxLength: neurons ** 2 })
  .map((values) => Float32Array.from(values));

describe("disconnect", () => {
  it("takes rows and columns away, and says which connections are left", () => {
    fc.assert(
      fc.property(dense, units, (matrix, gone) => {
        const before = sparseWeights(matrix, neurons);
        const { weights, kept } = disconnect(before, new Set(gone));
        checkWeights(weights);
        const lost = (i: number) => gone.includes(Math.floor(i / neurons)) || gone.includes(i % neurons);
        expect(denseWeights(weights)).toEqual(matrix.map((value, i) => (lost(i) ? 0 : value)));
        expect(Float32Array.from(kept, (k) => before.values[k])).toEqual(weights.values);
      }),
    );
  });
});

/** Modules of 8 units; a pathway between them, one back through its weights transposed, and one that shares them. */
const network = (shared: object[]) =>
  resolveNetwork({
    modules: {
      m1: { neurons: 8, blocks: { a: [0, 4], b: [4, 8] } },
      m2: { neurons: 8, blocks: { a: [0, 4], b: [4, 8] } },
    },
    inputs: { x: 3 },
    readouts: { out: { size: 2, sources: ["m2.b"] } },
    forward: [
      { id: "in", source: "x", target: "m1.a" },
      { id: "up", source: "m1.b", target: "m2.a" },
      ...shared,
    ],
    errorPathways: [{ id: "back", source: "error(out)", target: "m2.b" }],
    tasks: { t: { input: "x", readout: "out" } },
  });

describe("unitWeights", () => {
  it("finds rows by which a unit speaks and columns by which it hears, transposed ones the other way round", () => {
    const plain = network([
      { id: "down", source: "m2.a", target: "m1.b", weights: { shares: "up", transposed: true } },
    ]);
    const found = (module: string, ...gone: number[]) =>
      Object.fromEntries(
        [...unitWeights(plain, module, gone)].map(([name, { rows, columns }]) => [
          name,
          [[...rows], [...columns]],
        ]),
      );
    expect(found("m1", 1, 6)).toEqual({ in: [[], [1]], up: [[2], []] });
    expect(found("m2", 3, 5)).toEqual({ up: [[], [3]], back: [[], [1]], "m2->out": [[1], []] });
    expect(sharingUnit(plain, "m1", [1, 6], unitWeights(plain, "m1", [1, 6]))).toBe(null);
  });

  it("tells of a unit that would lose connections, too", () => {
    const shared = network([{ id: "twin", source: "m2.b", target: "m2.a", weights: { shares: "up" } }]);
    const sharing = (module: string, ...gone: number[]) =>
      sharingUnit(shared, module, gone, unitWeights(shared, module, gone));
    expect(sharing("m1", 6)).toEqual({ pathway: "twin", owner: "module m2", unit: 6 });
    expect(sharing("m2", 6)).toEqual({ pathway: "up", owner: "module m1", unit: 6 });
    // both pathways enter it
    expect(sharing("m2", 2)).toBe(null);
    expect(sharing("m1", 2)).toBe(null);
  });
});

describe("clearUnitWeights", () => {
  it("sets rows and columns to zero", () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i + 1);
    clearUnitWeights(data, 4, { rows: new Set([1]), columns: new Set([0, 3]) });
    expect([...data]).toEqual([0, 2, 3, 0, 0, 0, 0, 0, 0, 10, 11, 0]);
  });
});

describe("the bias of a unit without connections", () => {
  const activations: readonly Activation[] = [
    "tanh",
    "sigmoid",
    "relu",
    "relu6",
    "hardSigmoid",
    "linear",
    "sign",
    "clip",
  ];

  it.each(openBackends)("makes its state 0, whatever the activation, on %s", async (backend) => {
    const kernels = await openKernels(backend);
    const matrix = kernels.matrix(sparseWeights(new Float32Array(1), 1));
    const drive = kernels.tensor(new Float32Array(1), [1, 1]);
    for (const activation of activations) {
      const bias = kernels.tensor(Float32Array.of(silentBias(activation)), [1]);
      for (const timeStep of [1, 0.5]) {
        const [{ state }] = kernels.settle([
          { matrix, bias, activation, from: drive, drive, timeStep, iterations: 2 },
        ]);
        expect([...(await kernels.read(state))], activation).toEqual([0]);
        kernels.dispose(state);
      }
      kernels.dispose(bias);
    }
    for (const handle of [matrix, drive]) kernels.dispose(handle);
    expect(kernels.live()).toBe(0);
    kernels.close();
  });
});
