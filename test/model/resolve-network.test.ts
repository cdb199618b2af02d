import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { networkSchema } from "../../src/model/network-description.js";
import { chain } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import { richNetwork } from "../arbitraries/rich-network.js";
import { seeded } from "../arbitraries/seeded.js";

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a description as JSON", () => {
  it("means the same as the value that it was written from", () => {
    fc.assert(
      fc.property(richNetwork, (description) => {
        const network = resolveNetwork(description);
        expect(resolveNetwork(asJson(description))).toEqual(network);
      }),
      seeded(200),
    );
  });

  it("means the same with all defaults written out", () => {
    fc.assert(
      fc.property(richNetwork, (description) => {
        const network = resolveNetwork(description);
        expect(resolveNetwork(asJson(network.description))).toEqual(network);
      }),
      seeded(200),
    );
  });

  it("has a JSON Schema that asks for modules only", () => {
    const schema = z.toJSONSchema(networkSchema, { io: "input" });
    expect(schema.required).toEqual(["modules"]);
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties ?? {})).toEqual(Object.keys(networkSchema.shape));
  });

  it("is not changed by being resolved", () => {
    const description = chain({ modules: 2, neurons: 8 });
    const before = asJson(description);
    resolveNetwork(description);
    expect(asJson(description)).toEqual(before);
  });
});

describe("a description's defaults", () => {
  const network = resolveNetwork({
    modules: { m1: { neurons: 10 }, m2: { neurons: 8, blocks: { all: [0, 8], some: [2, 5] } } },
    inputs: { x: 3 },
    forward: [
      { source: "x", target: "m1.RI" },
      { source: "m1.SI", target: "m2.some" },
    ],
    errorPathways: [
      { source: "error(out)", target: "m2.all" },
      { source: "error(m2.all)", target: "m1.RE" },
    ],
    readouts: { out: { size: 4, sources: ["m2.all", "x"] } },
    tasks: { t: { input: "x", readout: "out" } },
  });

  it("are DESIGN's numbers", () => {
    const { m1 } = Object.fromEntries(network.modules);
    expect(m1).toMatchObject({ connectionRate: 0.25, spectralRadius: 0.25, activation: "tanh" });
    expect(m1.bias).toEqual({ distribution: "zero" });
    expect(network.readouts.get("out")).toMatchObject({
      nonlinearity: "softmax",
      bias: { initial: { distribution: "zero" }, plastic: false },
    });
    for (const { delay, gate } of network.pathways.values())
      expect({ delay, gate }).toEqual({ delay: 1, gate: 1 });
  });

  it("give a module blocks RI, SI, RE and SE, a quarter each, or as many blocks as it names", () => {
    expect(Object.fromEntries(network.modules.get("m1")?.blocks ?? [])).toEqual({
      RI: [0, 2],
      SI: [2, 5],
      RE: [5, 7],
      SE: [7, 10],
    });
    expect(Object.fromEntries(network.modules.get("m2")?.blocks ?? [])).toEqual({
      all: [0, 8],
      some: [2, 5],
    });
  });

  it("name pathways by the modules that they join", () => {
    expect([...network.pathways.keys()]).toEqual([
      "x->m1",
      "m1->m2",
      "m2->out",
      "x->out",
      "error(out)->m2",
      "error(m2)->m1",
    ]);
  });

  it("draw forward and readout weights by their fan-in, error weights in +-1, from a readout +-1/sqrt(its size)", () => {
    const weights = [...network.weights.values()].map(({ name, shape, initial }) => [name, shape, initial]);
    expect(weights).toEqual([
      ["x->m1", [3, 2], { distribution: "fan-in" }],
      ["m1->m2", [3, 3], { distribution: "fan-in" }],
      ["m2->out", [8, 4], { distribution: "fan-in" }],
      ["x->out", [3, 4], { distribution: "fan-in" }],
      ["error(out)->m2", [4, 8], { distribution: "uniform", bound: 0.5 }],
      ["error(m2)->m1", [8, 2], { distribution: "uniform", bound: 1 }],
    ]);
  });

  it("let forward and readout pathways learn, and error pathways never", () => {
    for (const { kind, plastic } of network.pathways.values()) expect(plastic).toBe(kind !== "error");
  });

  it("say what each pathway reads and where it ends", () => {
    const kinds = [...network.pathways.values()].map(({ kind, source, target }) => [kind, source, target]);
    expect(kinds).toEqual([
      ["forward", { kind: "input", name: "x", block: [0, 3] }, { name: "m1", block: [0, 2] }],
      ["forward", { kind: "state", name: "m1", block: [2, 5] }, { name: "m2", block: [2, 5] }],
      ["readout", { kind: "state", name: "m2", block: [0, 8] }, { name: "out", block: [0, 4] }],
      ["readout", { kind: "input", name: "x", block: [0, 3] }, { name: "out", block: [0, 4] }],
      ["error", { kind: "outputError", name: "out", block: [0, 4] }, { name: "m2", block: [0, 8] }],
      ["error", { kind: "moduleError", name: "m2", block: [0, 8] }, { name: "m1", block: [5, 7] }],
    ]);
  });

  it("put a task's pathways as they are described", () => {
    const configuration = network.tasks.get("t")?.configuration;
    for (const { id, gate, plastic } of network.pathways.values())
      expect(configuration?.get(id)).toEqual({ gate, plastic });
  });
});

describe("a task's configuration", () => {
  const configured = (configuration: Record<string, object>, id = "m1->m2") => {
    const small = chain({ modules: 2, neurons: 8, inputs: 4, outputs: 3 });
    const forward = small.forward?.map((pathway, i) => (i === 1 ? { ...pathway, id } : pathway));
    const tasks = { task: { input: "x", readout: "out", configuration } };
    return resolveNetwork({ ...small, forward, tasks }).tasks.get("task")?.configuration;
  };

  it("closes pathways that it does not name", () => {
    const settings = configured({ "x->m1": {} });
    expect(settings?.get("x->m1")).toEqual({ gate: 1, plastic: true });
    for (const [id, setting] of settings ?? [])
      if (id !== "x->m1") expect(setting).toEqual({ gate: 0, plastic: false });
    expect(settings?.size).toBe(5);
  });

  it("closes them whatever they are called", () => {
    for (const id of ["constructor", "toString", "hasOwnProperty"])
      expect(configured({ "x->m1": {} }, id)?.get(id)).toEqual({ gate: 0, plastic: false });
  });

  it("sets gates, and keeps open pathways from learning", () => {
    const settings = configured({ "x->m1": { gate: 0.5 }, "m1->m2": { plastic: false } });
    expect(settings?.get("x->m1")).toEqual({ gate: 0.5, plastic: true });
    expect(settings?.get("m1->m2")).toEqual({ gate: 1, plastic: false });
  });

  it("does not let error pathways learn", () => {
    expect(configured({ "error(m2)->m1": { plastic: true } })?.get("error(m2)->m1")).toEqual({
      gate: 1,
      plastic: false,
    });
  });
});

describe("shared weights", () => {
  const small = chain({ modules: 2, neurons: 8, inputs: 4, outputs: 3 });
  const shared = resolveNetwork({
    ...small,
    errorPathways: [
      { source: "error(out)", target: "m2.SI", weights: { shares: "m2->out", transposed: true } },
      { source: "error(m2.RI)", target: "m1.SI", weights: { shares: "m1->m2" } },
    ],
  });

  it("are one matrix, of the shape that its owner gives it", () => {
    expect([...shared.weights.keys()]).toEqual(["x->m1", "m1->m2", "m2->out"]);
    expect(shared.weights.get("m2->out")?.shape).toEqual([2, 3]);
    expect(shared.pathways.get("error(out)->m2")).toMatchObject({ weights: "m2->out", transposed: true });
    expect(shared.pathways.get("error(m2)->m1")).toMatchObject({ weights: "m1->m2", transposed: false });
  });
});
