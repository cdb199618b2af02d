import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/kernels/kernels.js";
import type { Carry } from "../../src/model/learning-rule.js";
import type { Pathway } from "../../src/model/network.js";
import { chain, twoTasks } from "../../src/model/presets.js";
import { resolveNetwork } from "../../src/model/resolve-network.js";
import {
  carried,
  drivenModules,
  perturbedModules,
  reachable,
  type Signals,
} from "../../src/model/signals.js";
import { networkDescription } from "../arbitraries/network.js";
import { seeded } from "../arbitraries/seeded.js";

/** Told apart by identity. */
const tensor = (): Tensor => ({ shape: [1, 1] });

const network = resolveNetwork({
  ...chain({ modules: 2, neurons: 8 }),
  readouts: { out: { size: 10, sources: ["m2.SI", { id: "skip", source: "x" }] } },
});

const pathway = (id: string): Pathway => network.pathways.get(id) as Pathway;

const names = ["m1", "m2", "x", "out"];
const all = () => new Map(names.map((name) => [name, tensor()]));
const signals: Signals = { states: all(), held: all(), errors: all(), inputs: all(), outputErrors: all() };

describe("what a pathway carries", () => {
  it.each<[string, Carry, keyof Signals, string]>([
    ["x->m1", "state", "inputs", "x"],
    ["x->m1", "held", "inputs", "x"],
    ["m1->m2", "state", "states", "m1"],
    ["m1->m2", "held", "held", "m1"],
    ["m2->out", "state", "states", "m2"],
    ["m2->out", "held", "held", "m2"],
    ["skip", "held", "inputs", "x"],
    ["error(out)->m2", "error", "outputErrors", "out"],
    ["error(m2)->m1", "error", "errors", "m2"],
  ])("%s carries %s: %s of %s", (id, carry, part, name) => {
    expect(carried(pathway(id), carry, signals)).toBe(signals[part].get(name));
  });

  it("is nothing when the phase says so, or when it is not the pathway's kind of signal", () => {
    for (const { id, kind } of network.pathways.values()) {
      const others: Carry[] = kind === "error" ? ["state", "held"] : ["error"];
      for (const carry of ["nothing" as const, ...others])
        expect(carried(pathway(id), carry, signals)).toBeNull();
    }
  });

  it("is nothing when its source has published nothing", () => {
    const empty = { ...signals, states: new Map(), held: new Map(), inputs: new Map() };
    const silent = { ...empty, errors: new Map(), outputErrors: new Map() };
    for (const { id, kind } of network.pathways.values())
      expect(carried(pathway(id), kind === "error" ? "error" : "state", silent)).toBeNull();
    expect(carried(pathway("error(m2)->m1"), "error", empty)).toBe(signals.errors.get("m2"));
  });

  it("is the state of now where nothing is held: modules that no error perturbs", () => {
    const free = { ...signals, held: new Map([["m2", tensor()]]) };
    expect(carried(pathway("m1->m2"), "held", free)).toBe(signals.states.get("m1"));
    expect(carried(pathway("m2->out"), "held", free)).toBe(free.held.get("m2"));
  });
});

describe("the modules of a task", () => {
  const two = resolveNetwork(twoTasks({ preset: "recruitment", neurons: 48 }));
  const open = (task: string) => (id: string) => (two.tasks.get(task)?.configuration.get(id)?.gate ?? 0) > 0;
  const sorted = (found: Set<string>) => [...found].sort();

  it("are driven by its input through pathways that it keeps open", () => {
    expect(sorted(drivenModules(two, "x1", open("fashion-mnist")))).toEqual(["m1", "m2", "m3", "m4"]);
    expect(sorted(drivenModules(two, "x2", open("mnist")))).toEqual(["m3", "m4"]);
    expect(sorted(drivenModules(two, "x2", open("fashion-mnist")))).toEqual([]);
    expect(sorted(drivenModules(two, "x1", (id) => id !== "m1->m2"))).toEqual(["m1", "m3", "m4"]);
  });

  it("are perturbed by its readout's error through pathways that it keeps open", () => {
    expect(sorted(perturbedModules(two, "out1", open("fashion-mnist")))).toEqual(["m1", "m2", "m3", "m4"]);
    expect(sorted(perturbedModules(two, "out2", open("mnist")))).toEqual(["m3", "m4"]);
    expect(sorted(perturbedModules(two, "out2", open("fashion-mnist")))).toEqual([]);
    expect(sorted(perturbedModules(two, "out1", (id) => id !== "error(m4)->m3"))).toEqual(["m2", "m4"]);
  });

  it("are only modules: neither the input nor the readout, though pathways begin or end there", () => {
    const everything = () => true;
    for (const found of [drivenModules(two, "x1", everything), perturbedModules(two, "out1", everything)])
      for (const name of found) expect(two.modules.has(name)).toBe(true);
  });
});

describe("reachable", () => {
  it("finds what some way along the pathways leads to, cycles or not", () => {
    fc.assert(
      fc.property(networkDescription({ cycles: true }), fc.nat({ max: 3 }), (description, pick) => {
        const { modules, pathways } = resolveNetwork(description);
        const edges = [...pathways.values()];
        const start = [...modules.keys()][pick % modules.size];
        // by the definition: a step for every name that there can be
        let expected = new Set([start]);
        for (let step = 0; step < 10; step++) {
          const next = edges
            .filter(({ source }) => expected.has(source.name))
            .map(({ target }) => target.name);
          expected = new Set([...expected, ...next]);
        }
        expect(reachable([start], edges)).toEqual(expected);
      }),
      seeded(200),
    );
  });

  it("finds the start itself when nothing leads on", () => {
    expect(reachable(["a", "b"], [])).toEqual(new Set(["a", "b"]));
    expect(reachable([], network.pathways.values())).toEqual(new Set());
  });
});
